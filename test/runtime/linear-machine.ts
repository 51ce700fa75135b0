// Kernels written by hand: y = w·x + b, with half of each input dropped at random in training, squared error
// and momentum. They have all parts of compiled kernels, so the runtime can be tested without the compiler.
import { randomKey, randomStream, randomUnit, uniform } from "../../src/runtime/numbers/random.ts";
import type { Machine } from "../../src/runtime/step/machine.ts";
import type { ModelFacts, TrainingFacts } from "../../src/runtime/model/facts.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import { trainerOf } from "../../src/runtime/trainer/trainer-of.ts";

export const batchSize = 4;
export const model: ModelFacts = {
  name: "line",
  specHash: "0123456789abcdef".repeat(4),
  dtype: "f64",
  target: "ts",
  batchSize,
  inputs: { x: { shape: [2], dtype: "f32" } },
  targets: { y: { shape: [] } },
  parameters: [
    { name: "dense1.weight", shape: [2, 1], trainable: true },
    { name: "dense1.bias", shape: [1], trainable: true },
  ],
};
export const training: TrainingFacts = {
  epochs: 3,
  seed: 7,
  shuffle: true,
  metrics: ["rmse"],
  stratify: false,
};

export function linearMachine(rate: number, drop = 0.5): Machine {
  const memory = new ArrayBuffer(64);
  const weight = new Float64Array(memory, 0, 2);
  const bias = new Float64Array(memory, 16, 1);
  const momentum = new Float64Array(memory, 24, 3);
  const step = new Int32Array(memory, 48, 1);
  const seed = new Int32Array(memory, 52, 1);
  const x = new Float64Array(2 * batchSize);
  const y = new Float64Array(batchSize);
  const output = new Float64Array(batchSize);
  const gradient = { weight: new Float64Array(2), bias: new Float64Array(1) };
  const totals = new Float64Array(2);
  const predict = (row: number, keep0 = 1, keep1 = 1) =>
    weight[0] * x[2 * row] * keep0 + weight[1] * x[2 * row + 1] * keep1 + bias[0];
  return {
    inputs: { x, y },
    output,
    parameters: { "dense1.weight": weight, "dense1.bias": bias },
    gradients: { "dense1.weight": gradient.weight, "dense1.bias": gradient.bias },
    state: new Uint8Array(memory, 0, 56),
    parameterBytes: new Uint8Array(memory, 0, 24),
    totals,
    step,
    seed,
    gradient(n) {
      const key = randomKey(seed[0], step[0], 0);
      let loss = 0;
      gradient.weight.fill(0);
      gradient.bias.fill(0);
      for (let row = 0; row < n; row++) {
        const [a, b] = [0, 1].map((i) => Number(randomUnit(key, 2 * row + i) >= drop));
        const error = predict(row, a, b) - y[row];
        loss += (error * error) / n;
        gradient.weight[0] += (2 / n) * error * x[2 * row] * a;
        gradient.weight[1] += (2 / n) * error * x[2 * row + 1] * b;
        gradient.bias[0] += (2 / n) * error;
      }
      return loss;
    },
    update() {
      [gradient.weight[0], gradient.weight[1], gradient.bias[0]].forEach(
        (g, i) => (momentum[i] = 0.5 * momentum[i] + g),
      );
      weight[0] -= rate * momentum[0];
      weight[1] -= rate * momentum[1];
      bias[0] -= rate * momentum[2];
      step[0]++;
    },
    predict(n) {
      for (let row = 0; row < n; row++) output[row] = predict(row);
    },
    evaluate(n) {
      for (let row = 0; row < n; row++) totals[0] += (predict(row) - y[row]) ** 2;
      totals[1] += n;
    },
    summarise: () => ({ loss: totals[0] / totals[1], rmse: Math.sqrt(totals[0] / totals[1]) }),
    initialise(start) {
      momentum.fill(0);
      step[0] = 0;
      seed[0] = start;
      uniform(weight, randomStream(randomKey(start, 0, 0)), -1, 1);
      bias[0] = 0;
    },
    learningRate: () => rate,
    check: () => undefined,
  };
}

export function linearTrainer(
  options: { rate?: number; drop?: number; seed?: number; training?: Partial<TrainingFacts> } = {},
): Trainer {
  const machine = linearMachine(options.rate ?? 0.05, options.drop);
  return trainerOf(
    { model, machine, training: { ...training, ...options.training } },
    options.seed === undefined ? {} : { seed: options.seed },
  );
}

/** Rows of y = 2 x₀ − x₁ + 1. */
export function lineData(rows: number, seed = 1): { x: number[]; y: number[] } {
  const random = randomStream(seed);
  const x = Array.from({ length: 2 * rows }, () => random.unit() - 0.5);
  return { x, y: Array.from({ length: rows }, (_, i) => 2 * x[2 * i] - x[2 * i + 1] + 1) };
}
