// Activations in cases that are not among the PyTorch cases: derivatives at kinks, values far from zero, and
// surrogate derivatives. If a test fails, a value or a derivative is wrong there.
import { describe, expect, it } from "vitest";
import { activate, activationOf } from "../../../src/compiler/library/activations/index.ts";
import type { ActivationChoice } from "../../../src/compiler/library/activations/index.ts";
import { computed } from "./compute.ts";

const all: readonly ActivationChoice[] = [
  { type: "linear" },
  { type: "relu" },
  { type: "leaky-relu", slope: 0.01 },
  { type: "elu", alpha: 1 },
  { type: "celu", alpha: 0.5 },
  { type: "relu6" },
  { type: "threshold", threshold: 1, value: 20 },
  { type: "hard-swish" },
  { type: "log-sigmoid" },
  { type: "hard-shrink", lambda: 0.5 },
  { type: "soft-shrink", lambda: 0 },
  { type: "tanh-shrink" },
  { type: "selu" },
  { type: "gelu", approximate: "none" },
  { type: "gelu", approximate: "tanh" },
  { type: "silu" },
  { type: "mish" },
  { type: "softplus" },
  { type: "softsign" },
  { type: "sigmoid" },
  { type: "hard-sigmoid" },
  { type: "hard-tanh" },
  { type: "tanh" },
  { type: "softmax" },
  { type: "log-softmax" },
  { type: "step", surrogate: "sigmoid" },
];

const run = (chosen: ActivationChoice, x: readonly number[]) =>
  computed((g, node) => activate(g, node, chosen), x);

describe("activations", () => {
  it.each(all)("$type stays finite far from zero, and so does its derivative", (chosen) => {
    const { y, dx } = run(chosen, [-1e4, -800, -90, 90, 800, 1e4]);
    for (const value of [...y, ...dx]) expect(Number.isFinite(value)).toBe(true);
  });

  it.each([
    ["relu", 0, 0],
    ["leaky-relu", 0, 0.01],
    ["elu", 0, 1],
    ["selu", 0, 1.7580993408473766],
    ["softplus", 0, 0.5],
    ["softsign", 0, 1],
    ["silu", 0, 0.5],
    ["gelu", 0, 0.5],
    ["mish", 0, 0.6],
    ["hard-tanh", 1, 0],
    ["hard-tanh", -1, 0],
    ["hard-sigmoid", 3, 0],
    ["hard-sigmoid", -3, 0],
  ])("%s at %d has the same derivative as in PyTorch", (type, x, derivative) => {
    const chosen = all.find((entry) => entry.type === type);
    expect(chosen && run(chosen, [x]).dx[0]).toBeCloseTo(derivative, 12);
  });

  it("softplus is log(1 + eˣ) to full precision far below zero, where 1 + eˣ is 1", () => {
    expect(run({ type: "softplus" }, [-40]).y[0]).toBe(Math.exp(-40));
  });

  it("step is 1 from zero on and has no derivative", () => {
    expect(run({ type: "step" }, [-1e-9, 0, 2])).toEqual({ y: [0, 1, 1], dx: [0, 0, 0] });
  });

  it("a surrogate gives step a derivative and does not change its value", () => {
    const x = [-1e10, -0.3, 0.3, 1e10];
    const through = run({ type: "step", surrogate: "straight-through" }, x);
    expect(through).toEqual({ y: [0, 0, 1, 1], dx: [1, 1, 1, 1] });
    const smooth = run({ type: "step", surrogate: "sigmoid" }, [0, 1]);
    const s = 1 / (1 + Math.exp(-1));
    expect(smooth.y).toEqual([1, 1]);
    expect(smooth.dx[0]).toBe(0.25);
    expect(smooth.dx[1]).toBeCloseTo(s * (1 - s), 12);
  });

  it("each activation selects a suitable initialiser", () => {
    expect(activationOf({ type: "relu" }).family).toBe("he");
    expect(activationOf({ type: "selu" }).family).toBe("lecun");
    expect(activationOf({ type: "tanh" }).family).toBe("xavier");
  });
});
