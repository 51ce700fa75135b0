// The names of loop variables and local variables. If a test fails, a name shadows another one that the same
// code reads.
import { expect, it } from "vitest";
import { nameLocals } from "../../../src/compiler/emit/identifiers.ts";
import { add, number, variable } from "../../../src/compiler/loop/expressions.ts";
import { define, loop, store } from "../../../src/compiler/loop/statements.ts";
import type { Statement } from "../../../src/compiler/loop/types.ts";

const namesIn = (body: readonly Statement[], moduleNames: readonly string[] = []) =>
  nameLocals({ name: "kernel", body, provenance: [] }, new Set(moduleNames), (buffer) => buffer);
const one = number(1, "f64");
const [a, b] = [variable("a#1", "i32"), variable("b#2", "i32")];

it("nested loops have different letters, and none hides a name of the module", () => {
  const inner = loop("b#2", 3, "parallel", [store("y", [add(a, b)], one)]);
  const nest = [loop("a#1", 4, "parallel", [inner])];
  expect([...namesIn(nest).values()]).toEqual(["i", "j"]);
  expect([...namesIn(nest, ["i"]).values()]).toEqual(["j", "l"]);
  const sums = [loop("a#1", 4, "reduction", [loop("b#2", 3, "reduction", [store("y", [add(a, b)], one)])])];
  expect([...namesIn(sums).values()]).toEqual(["k", "l"]);
});

it("a local hides no local of a block around it, no name of the module and no loop", () => {
  const inner = [define("sum#2", one), store("y", [a], variable("sum#1", "f64"))];
  const body = [define("sum#1", one), loop("a#1", 4, "parallel", inner)];
  const names = namesIn(body);
  expect([names.get("sum#1"), names.get("sum#2")]).toEqual(["sum", "sum_value"]);
  expect(namesIn(body, ["sum"]).get("sum#1")).toBe("sum_value");
  expect(namesIn([define("class#1", one)]).get("class#1")).toBe("class_value");
});
