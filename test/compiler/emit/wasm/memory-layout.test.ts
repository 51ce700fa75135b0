// The layout of linear memory. If a test fails, panels of a kernel overlap, or a vector load with unused
// lanes exceeds the memory and traps.
import { expect, it } from "vitest";
import { layOut } from "../../../../src/compiler/emit/wasm/memory-layout.ts";
import { add, integer, minus, variable } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import type { MemoryPlan } from "../../../../src/compiler/loop/types.ts";
import { loop, store } from "../../../../src/compiler/loop/statements.ts";
import { buffer, load, program, scratch } from "../../../support/loop-program.ts";

const x = buffer("x", [40], "f32");
const plan: MemoryPlan = {
  storage: new Map([["x", { buffer: x, offset: 0, bytes: 160, lifetime: undefined }]]),
  temporaries: new Map(),
  bytes: 160,
  temporaryBytes: 0,
  lowerBound: 0,
};
const one = integer(0);
const i = variable("i", "i32");
const loads = (at: Expression) =>
  program([loop("i", 4, "parallel", [store("x", [one], load("x", [at], "f32"))])], x);

it("the scratch buffers of a kernel follow each other", () => {
  const panels = ["p", "q", "r"].map((name) => scratch(name, [10], "f32"));
  const made = program(
    panels.map(({ name }) => store("x", [one], load(name, [one], "f32"))),
    x,
    ...panels,
  );
  const layout = layOut([made], plan, 1);
  expect([...layout.scratchOf(made.kernels[0])]).toEqual([
    ["p", 0],
    ["q", 48],
    ["r", 96],
  ]);
  expect(layout.scratchBytes).toBeGreaterThanOrEqual(136);
});

it("there is room for loads before the arena and after it", () => {
  const near = layOut([loads(i)], plan, 1);
  const front = layOut([loads(minus(i, integer(1000)))], plan, 1);
  const behind = layOut([loads(add(i, integer(2000)))], plan, 1);
  expect(near.base).toBeGreaterThan(0);
  expect(front.base).toBeGreaterThanOrEqual(1000);
  expect(behind.base).toBe(near.base);
  expect(behind.bytes).toBeGreaterThanOrEqual(near.base + 2000 + 4);
});
