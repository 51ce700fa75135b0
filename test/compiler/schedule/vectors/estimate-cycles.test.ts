// The estimated time of kernels. If a test fails, `inspect` shows the estimate for other loops, or threads
// share work that is too short.
import { expect, it } from "vitest";
import { add, binary, call, number, variable } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { loop, store } from "../../../../src/compiler/loop/statements.ts";
import { cyclesOf, estimateCycles } from "../../../../src/compiler/schedule/vectors/estimate-cycles.ts";
import { markParallelLoops } from "../../../../src/compiler/schedule/vectors/mark-parallel-loops.ts";
import { afterStage } from "../../../support/stages.ts";
import { buffer, load, program } from "../../../support/loop-program.ts";

const [x, y] = [buffer("x", ["n", 4]), buffer("y", ["n", 4])];
const at = [variable("i", "i32"), variable("j", "i32")];
const across = (value: Expression) => loop("j", 4, "parallel", [store("y", at, value)]);
const nest = (value: Expression) => loop("i", "n", "parallel", [across(value)]);
const cyclesIn = (value: Expression, batchSize = 100) =>
  cyclesOf(program([nest(value)], x, y).kernels[0], batchSize);
const element = load("x", at);

it("twice the rows take twice the time, except for entering the loop", () => {
  const [once, twice] = [cyclesIn(element, 100), cyclesIn(element, 200)];
  expect(2 * once - twice).toBeGreaterThan(0);
  expect(2 * once - twice).toBeLessThan(once / 20);
});

it("a function takes longer than a division, which takes longer than a sum", () => {
  const [sum, quotient, tanh] = [
    add(element, element),
    binary("/", element, element),
    call("tanh", [element], "f64"),
  ].map((value) => cyclesIn(value));
  expect(quotient).toBeGreaterThan(sum);
  expect(tanh).toBeGreaterThan(4 * quotient);
});

it("a function of doubles takes the same time again for each lane, because JavaScript computes the lanes one by one", () => {
  const exponential = (x: Expression) => cyclesIn(call("exp", [x], x.type));
  const vector = (type: "f32" | "f64", lanes: number): Expression => ({
    kind: "splat",
    x: number(1, type),
    lanes,
    type,
  });
  expect(exponential(vector("f64", 2))).toBeGreaterThan(1.8 * exponential(number(1, "f64")));
  expect(exponential(vector("f32", 4))).toBe(exponential(number(1, "f32")));
});

it("the parts of a divided kernel have the cycles of their own loops, and name the original kernel", () => {
  const whole = program(
    [nest(element), store("y", [number(0, "i32"), number(0, "i32")], number(1, "f64"))],
    x,
    y,
  );
  const context = { batchSize: 100, float: "f64", minCycles: 0 } as const;
  const kernels = whole.kernels.map((kernel) => ({ ...kernel, schedule: "4 lanes" }));
  const estimated = afterStage(estimateCycles, { ...whole, kernels }, context);
  const cut = afterStage(markParallelLoops, estimated, context).kernels;
  expect(cut.map(({ schedule, cycles }) => ({ schedule, cycles }))).toEqual([
    { schedule: "4 lanes", cycles: Math.round(cyclesOf(cut[0], 100)) },
    { schedule: `the rest of ${cut[0].name}`, cycles: Math.round(cyclesOf(cut[1], 100)) },
  ]);
  expect(cut[1].cycles).toBeLessThan(10);
});
