// The deduplication of kernels on vectors. If a test fails, a kernel uses the shapes of another kernel, or
// works on the values of another program.
import { expect, it } from "vitest";
import { integer } from "../../../../src/compiler/loop/expressions.ts";
import { store } from "../../../../src/compiler/loop/statements.ts";
import type { LoopProgram, Statement } from "../../../../src/compiler/loop/types.ts";
import { runStage } from "../../../../src/compiler/stages/run.ts";
import { deduplicateKernels } from "../../../../src/compiler/schedule/vectors/deduplicate-kernels.ts";
import { buffer, load, programOf, temporary } from "../../../support/loop-program.ts";

/** One store outside any loop: if it were in a loop, sharing could add work to an innermost loop. */
const copies = (from: string, to: string): Statement[] => [
  store(to, [integer(1), integer(1)], load(from, [integer(2), integer(1)])),
];
/** For each kernel, the buffers that are its arguments, or undefined if it does not share a function. */
const reported = (...programs: readonly LoopProgram[]) =>
  runStage(deduplicateKernels, programs, { batchSize: 4, float: "f64" }).map(({ kernels }) =>
    kernels.map(({ shared }) => shared?.addresses),
  );

it("kernels on buffers of the same shapes are one function", () => {
  const buffers = ["a", "b", "c", "d"].map((name) => buffer(name, [4, 6]));
  const program = programOf([copies("a", "b"), copies("c", "d")], ...buffers);
  expect(reported(program)).toEqual([
    [
      ["a", "b"],
      ["c", "d"],
    ].map((names) => expect.arrayContaining(names)),
  ]);
});

it("kernels on buffers of different shapes are separate functions, even if their loops are equal", () => {
  const buffers = [buffer("a", [4, 6]), buffer("b", [4, 6]), buffer("c", [4, 3]), buffer("d", [4, 3])];
  expect(reported(programOf([copies("a", "b"), copies("c", "d")], ...buffers))).toEqual([
    [undefined, undefined],
  ]);
});

it("a temporary has a different offset in each program, though its name is the same", () => {
  const program = programOf([copies("x", "t")], buffer("x", [4, 6]), temporary("t", [4, 6]));
  expect(reported(program, { ...program, name: "other" })).toEqual([[["t"]], [["t"]]]);
});
