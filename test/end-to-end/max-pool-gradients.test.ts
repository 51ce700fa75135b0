// The gradients of max pooling on every target and dtype. If a test fails, a gradient goes to several
// elements or to none. In f32, this would happen if the pool compared a value in a variable with its rounded
// copy in memory.
import { describe, expect, it } from "vitest";
import { compile } from "../../src/index.ts";
import type { ModelSpec } from "../../src/index.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";

type Layers = ModelSpec["network"];
const targets = [
  ["ts", "f64"],
  ["ts", "f32"],
  ["wasm", "f64"],
  ["wasm", "f32"],
] as const;
type Target = (typeof targets)[number];

async function trainerOf(
  shape: readonly number[],
  network: Layers,
  outputs: number,
  [target, dtype]: Target,
) {
  const spec: ModelSpec = {
    name: "pooled",
    inputs: { x: { shape: [...shape] } },
    targets: { y: { shape: [outputs] } },
    network,
    loss: "mse",
    optimizer: "sgd",
    training: { epochs: 1, batchSize: 4 },
  };
  const { code } = await compile(spec, { target, dtype });
  return (await loadTrainer(code)).createTrainer({ seed: 3 });
}

const numbers = (count: number, start: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + start));

/** The gradients of all parameters for one batch, from fixed parameters. */
async function gradientsOf(
  shape: readonly number[],
  network: Layers,
  outputs: number,
  target: Target,
  rows = 4,
) {
  const trainer = await trainerOf(shape, network, outputs, target);
  Object.values(trainer.parameters).forEach((values, k) => values.set(numbers(values.length, k)));
  const size = shape.reduce((product, length) => product * length, 1);
  trainer.gradient({ x: numbers(rows * size, 0.3), y: numbers(rows * outputs, 0.9) });
  return Object.values(trainer.gradients).flatMap((values) => [...values]);
}

function expectClose(found: readonly number[], expected: readonly number[], tolerance: number): void {
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i])));
  expect(worst / scale).toBeLessThan(tolerance);
}

const pooled = (activation: "mish" | "silu" | "linear"): Layers => [
  { type: "dense", units: 1, activation },
  { type: "reshape", shape: [1, 1] },
  { type: "max-pool1d", size: 1 },
  { type: "flatten" },
  { type: "dense", units: 2 },
];

const normalised: Layers = [
  { type: "dense", units: 2 },
  { type: "group-norm", groups: 1, epsilon: 0.001 },
  { type: "reshape", shape: [2, 1, 1] },
  { type: "max-pool2d", size: [2, 1] },
  { type: "flatten" },
  { type: "dense", units: 2 },
];

describe.each(targets)("max pooling on %s in %s", (target, dtype) => {
  const tolerance = dtype === "f64" ? 1e-12 : 2e-5;
  it.each(["mish", "silu", "linear"] as const)(
    "passes the gradient through a window of one after %s",
    async (name) => {
      const expected = await gradientsOf([3], pooled(name), 2, ["ts", "f64"]);
      expectClose(await gradientsOf([3], pooled(name), 2, [target, dtype]), expected, tolerance);
    },
  );

  it("passes the gradient through a pool after group-norm, which the pool's kernel computes", async () => {
    const expected = await gradientsOf([3], normalised, 2, ["ts", "f64"]);
    expectClose(await gradientsOf([3], normalised, 2, [target, dtype]), expected, tolerance);
  });

  it.each([
    ["side by side", 3, 3, [2, 0, 0, 2, 0, 0]],
    ["overlapping", 3, 1, [2, 2, 2, 2, 0, 0]],
  ])(
    "passes the whole gradient to the first of equal values, windows %s",
    async (_, size, stride, expected) => {
      // The gradient of the position embedding has one element for each position.
      const network: Layers = [
        { type: "position-embedding" },
        { type: "max-pool1d", size, stride },
        { type: "flatten" },
        { type: "dense", units: 1, bias: false },
      ];
      const trainer = await trainerOf([6, 2], network, 1, [target, dtype]);
      trainer.parameters["position-embedding1.weight"].fill(0.1);
      trainer.parameters["dense1.weight"].fill(1);
      const x = Array.from({ length: 12 }, () => 0.25);
      const outputs = trainer.parameters["dense1.weight"].length * 0.35;
      // With one row: dL/dp = 2 (p − y) = 2.
      trainer.gradient({ x, y: [outputs - 1] });
      const found = [...trainer.gradients["position-embedding1.weight"]];
      expectClose(
        found,
        expected.flatMap((value) => [value, value]),
        tolerance,
      );
    },
  );

  it("passes the whole gradient to the first of equal values in an image, in scan order", async () => {
    // Each pixel has its own weight: the units of a dense layer, reshaped to an image.
    const network: Layers = [
      { type: "dense", units: 9, bias: false },
      { type: "reshape", shape: [3, 3, 1] },
      { type: "max-pool2d", size: 2, stride: 1 },
      { type: "flatten" },
      { type: "dense", units: 1, bias: false },
    ];
    const trainer = await trainerOf([1], network, 1, [target, dtype]);
    trainer.parameters["dense1.weight"].set([1, 1, 0, 1, 1, 1, 0, 1, 1]);
    trainer.parameters["dense2.weight"].fill(1);
    // p = 4, dL/dp = 2
    trainer.gradient({ x: [1], y: [3] });
    expectClose([...trainer.gradients["dense1.weight"]], [2, 2, 0, 2, 2, 0, 0, 0, 0], tolerance);
  });
});
