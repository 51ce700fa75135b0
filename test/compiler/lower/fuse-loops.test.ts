// The fusion of statements. If a test fails, a fused loop reads values that it has not computed yet.
import { expect, it } from "vitest";
import { binary, integer, number, variable } from "../../../src/compiler/loop/expressions.ts";
import { assign, define, loop, store } from "../../../src/compiler/loop/statements.ts";
import type { LoopRole, Statement } from "../../../src/compiler/loop/types.ts";
import { fuseLoops } from "../../../src/compiler/lower/fuse-loops.ts";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Nests } from "../../../src/compiler/lower/nests.ts";
import { defineStage } from "../../../src/compiler/stages/define.ts";
import { load } from "../../support/loop-program.ts";
import { afterStage } from "../../support/stages.ts";

const [j, a] = [variable("j", "i32"), variable("a", "f64")];
const over = (role: LoopRole, ...body: Statement[]): Statement => loop("j", 4, role, body);
/** The statements are not a whole program, so the result is not verified. */
const unverified = { check: () => {}, snapshots: () => [] };
const fuse = defineStage<Nests, unknown>("fuse-loops", unverified, fuseLoops.work);
const fused = (...lists: readonly (readonly Statement[])[]) => {
  const nests = lists.map((statements) => ({ statements, labels: [] }));
  const given = { graph: makeGraph("test", []), nests, storage: new Map(), temporaries: [] };
  return afterStage(fuse, given, undefined).nests.flatMap(({ statements }) => statements);
};
const kinds = (statements: readonly Statement[]) => statements.map(({ kind }) => kind);

const makes = over("parallel", store("y", [j], load("x", [j])));
const scales = over("parallel", store("z", [j], binary("*", load("y", [j]), a)));

it("loops that share a buffer become one", () => {
  expect(kinds(fused([makes], [over("parallel", store("z", [j], load("y", [j])))]))).toEqual(["for"]);
});

it("a loop that reads a sum stays after the loop that computes it", () => {
  const sum = over("reduction", assign("a", binary("+", a, load("y", [j]))));
  const statements = fused([define("a", number(0, "f64"), true), sum], [scales]);
  expect(kinds(statements)).toEqual(["let", "for", "for"]);
});

it("a definition that needs the first loop does not move in front of it", () => {
  const first = define("a", load("y", [integer(0)]));
  expect(kinds(fused([makes, first], [scales]))).toEqual(["for", "let", "for"]);
  const other = define("a", load("x", [integer(0)]));
  expect(kinds(fused([makes, other], [scales]))).toEqual(["let", "for"]);
});

it("a loop does not move past a statement that overwrites what it reads", () => {
  const overwrites = store("y", [integer(0)], number(1, "f64"));
  const reads = over("parallel", store("z", [j], load("y", [j])));
  expect(kinds(fused([makes, overwrites], [reads]))).toEqual(["for", "store", "for"]);
});

it("loops along time are not fused", () => {
  const steps = over("sequential", store("y", [j], load("x", [j])));
  const others = over("sequential", store("z", [j], load("y", [j])));
  expect(fused([steps], [others])).toHaveLength(2);
});
