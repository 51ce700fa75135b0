// Functions in formulas for numbers far from zero, on every target and dtype. If a test fails, a number is
// converted to i32, or an angle loses its digits.
import { describe, expect, it } from "vitest";
import { compile } from "../../src/index.ts";
import type { ModelSpec } from "../../src/index.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { cos, sin } from "../../src/runtime/numbers/trigonometric.ts";

const targets = [
  ["ts", "f64"],
  ["ts", "f32"],
  ["wasm", "f64"],
  ["wasm", "f32"],
] as const;

/**
 * The value of the formula for each x. The embedding is zero; it exists because a model must have a
 * parameter.
 */
async function valuesOf(formula: string, x: readonly number[], [target, dtype]: (typeof targets)[number]) {
  const spec: ModelSpec = {
    name: "large",
    inputs: { x: { shape: [x.length, 1] } },
    targets: { y: { shape: [x.length] } },
    network: [{ type: "position-embedding" }, { type: "activation", fn: { formula } }, { type: "flatten" }],
    loss: "mse",
    optimizer: "sgd",
    training: { epochs: 1, batchSize: 2 },
  };
  const { code } = await compile(spec, { target, dtype });
  const trainer = (await loadTrainer(code)).createTrainer();
  Object.values(trainer.parameters).forEach((values) => values.fill(0));
  return [...trainer.predict({ x: [...x, ...x] })].slice(x.length);
}

const single = [-2.5, -1, -0.25, 0, 0.75, 2 ** 23 + 1, 2 ** 31, 3e9, -3e9, 2 ** 40, 1e30, -1e30];
const double = [...single, 2 ** 31 + 0.5, -(2 ** 31) - 0.5, 2 ** 51 + 0.5, 1e300];

describe.each(targets)("%s in %s", (target, dtype) => {
  const x = (dtype === "f32" ? single : double).map((value) =>
    dtype === "f32" ? Math.fround(value) : value,
  );
  it("floor returns the integer below, however large", async () => {
    expect(await valuesOf("floor(x) + where(x == 0.5, x, 0)", x, [target, dtype])).toEqual(x.map(Math.floor));
  });
  it("x - floor(x) is the fraction, however large x is", async () => {
    expect(await valuesOf("x - floor(x)", x, [target, dtype])).toEqual(x.map((v) => v - Math.floor(v)));
  });
  it.each([
    ["sin(x)", sin],
    ["cos(x)", cos],
  ] as const)("%s keeps its digits, however large x is", async (formula, f) => {
    const found = await valuesOf(formula, x, [target, dtype]);
    const tolerance = dtype === "f32" ? 2 ** -22 : 0;
    found.forEach((value, i) =>
      expect(Math.abs(value - f(x[i])), `${formula} at ${x[i]}`).toBeLessThanOrEqual(
        Math.abs(f(x[i])) * tolerance,
      ),
    );
  });
});

it.each(targets)(
  "a step with a surrogate is 0 or 1 for infinite numbers, on %s in %s",
  async (target, dtype) => {
    // Two factors whose product overflows, although neither factor does.
    const scaled = { formula: dtype === "f32" ? "x * 1e30" : "x * 1e300" };
    const spec: ModelSpec = {
      name: "steps",
      inputs: { x: { shape: [2, 1] } },
      targets: { y: { shape: [2] } },
      network: [
        { type: "position-embedding" },
        { type: "activation", fn: scaled },
        { type: "activation", fn: scaled },
        { type: "activation", fn: "step", surrogate: "straight-through" },
        { type: "flatten" },
      ],
      loss: "mse",
      optimizer: "sgd",
      training: { epochs: 1, batchSize: 1 },
    };
    const { code } = await compile(spec, { target, dtype });
    const trainer = (await loadTrainer(code)).createTrainer();
    expect([...trainer.predict({ x: [-5, 5] })]).toEqual([0, 1]);
  },
);
