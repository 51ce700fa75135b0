// Small specs that together use every kind of layer, loss, optimizer, schedule and training option, and
// batches for them.
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { streamOf } from "./tensors.ts";

const base = {
  inputs: { x: { shape: [4] } },
  training: { epochs: 2, batchSize: 6, seed: 3 },
} satisfies Partial<ModelSpec>;
const classes = { y: { classes: 3 } };
const real = { t: { shape: [2] } };

/** The specs, by what each of them tests. */
export const specs: Readonly<Record<string, ModelSpec>> = {
  classifier: {
    ...base,
    name: "classifier",
    targets: classes,
    network: [
      { type: "dense", units: 7, activation: "relu" },
      { type: "dense", units: 5, activation: "gelu" },
      { type: "dense", units: 3 },
    ],
    loss: { type: "cross-entropy", smoothing: 0.1 },
    metrics: ["accuracy"],
    optimizer: { type: "adam", learningRate: 0.01, clip: { norm: 1 } },
  },
  regression: {
    ...base,
    name: "regression",
    targets: real,
    network: [
      { type: "dense", units: 6, activation: "tanh" },
      { type: "dropout", rate: 0.3 },
      { type: "dense", units: 2 },
    ],
    loss: "rmse",
    metrics: ["mae", "r2"],
    optimizer: {
      type: "sgd",
      momentum: 0.9,
      nesterov: true,
      weightDecay: 0.01,
      learningRate: { type: "cosine", initial: 0.05, steps: 15, warmup: { steps: 4 } },
    },
    regularization: { l1: 0.001, l2: 0.002 },
  },
  joins: {
    ...base,
    name: "joins",
    inputs: { x: { shape: [4] }, u: { shape: [2, 3] } },
    targets: real,
    network: [
      { type: "dense", name: "left", from: "x", units: 6, activation: "silu" },
      { type: "flatten", name: "flat", from: "u" },
      { type: "dense", name: "right", from: "flat", units: 6, activation: "softplus" },
      { type: "add", name: "sum", from: ["left", "right"] },
      { type: "multiply", name: "gated", from: ["sum", "left"] },
      { type: "concat", name: "both", from: ["gated", "flat"] },
      { type: "reshape", shape: [3, 4] },
      { type: "dense", units: 4, activation: "selu", trainable: false },
      { type: "flatten" },
      { type: "dense", units: 2 },
    ],
    loss: { type: "huber", delta: 0.5 },
    optimizer: { type: "rmsprop", centered: true, momentum: 0.5, learningRate: 0.003 },
  },
  // Layers of the same size that differ only in their computation. If such layers share code by mistake, a
  // test fails.
  alike: {
    ...base,
    name: "alike",
    targets: { t: { shape: [4] } },
    network: [
      { type: "dense", units: 4, activation: "tanh" },
      { type: "dense", units: 4, activation: "sigmoid" },
      { type: "dense", units: 4, activation: "mish" },
      { type: "dense", units: 4, activation: "tanh" },
      { type: "dense", units: 4, activation: { type: "leaky-relu", slope: 0.2 } },
      { type: "dense", units: 4, activation: { type: "leaky-relu", slope: 0.3 } },
      { type: "dense", units: 4, activation: { type: "elu", alpha: 0.5 } },
      { type: "dense", units: 4, bias: false },
    ],
    loss: "log-cosh",
    optimizer: { type: "adamw", amsgrad: true, learningRate: 0.01 },
  },
  perceptron: {
    ...base,
    name: "perceptron",
    targets: { side: { shape: [1] } },
    network: [{ type: "dense", units: 1, activation: "step" }],
    loss: "perceptron",
    metrics: ["accuracy"],
    optimizer: { type: "sgd", learningRate: 0.5 },
  },
  // The smallest possible sizes: one row, one input, one unit.
  tiny: {
    name: "tiny",
    inputs: { x: { shape: [1] } },
    targets: { t: { shape: [1] } },
    network: [{ type: "dense", units: 1 }],
    loss: "mse",
    optimizer: { type: "sgd", learningRate: 0.1 },
    training: { epochs: 1, batchSize: 1, seed: 1 },
  },
  // Names that also have a meaning in JavaScript or in the compiler.
  hostile: {
    name: "memory",
    inputs: { n: { shape: [3] }, f: { shape: [2] } },
    targets: { i: { shape: [2] } },
    network: [
      { type: "dense", name: "while", from: "n", units: 3, activation: "tanh" },
      { type: "dense", name: "Math", from: "f", units: 3, activation: "sigmoid" },
      { type: "add", name: "k", from: ["while", "Math"] },
      { type: "dense", name: "gradient", units: 3, activation: "softplus" },
      { type: "dense", name: "doubles", units: 3, activation: "silu" },
      { type: "dense", name: "a-b", units: 3, activation: "tanh" },
      { type: "dense", name: "a_b", units: 3, activation: "sigmoid" },
      { type: "dense", name: "row", units: 3 },
      { type: "dense", name: "sum", units: 2 },
    ],
    loss: "mse",
    optimizer: { type: "sgd", momentum: 0.9, learningRate: 0.05 },
    training: { epochs: 1, batchSize: 6, seed: 3 },
  },
  // Formulas in all locations where they are allowed, with names that also have a meaning in JavaScript.
  formulas: {
    ...base,
    name: "formulas",
    inputs: { x: { shape: [4] }, process: { shape: [] } },
    targets: real,
    network: [
      {
        type: "dense",
        from: "x",
        units: 5,
        activation: {
          formula: "x > eval ? x * sigmoid(Function * x) : while + stop(x) * x^3",
          constants: { eval: 0, Function: 1.5, while: 0.1 },
        },
      },
      { type: "activation", fn: { formula: "clamp(x, -1, 1) + log1p(abs(x))" } },
      { type: "dense", units: 2 },
    ],
    loss: {
      formula:
        "sqrt(sum(abs(process) * (prediction - target)^2) / (1 + sum(abs(process)))) + mean(prediction^2) / 9",
    },
    metrics: [{ name: "memory", formula: "mean(abs(prediction - t) < 1)", better: "higher" }, "mae"],
    optimizer: {
      formula: [
        "await = gradient + n * parameter",
        "state.arguments = let * state.arguments + await",
        "this = 1 - let^(step + 1)",
        "f = max(abs(state.memory) * 0.99, abs(await))",
        "state.memory = f",
        "parameter = parameter - rate * state.arguments / this / (f + 1e-8)",
      ],
      constants: { n: 0.01, let: 0.9 },
      learningRate: {
        formula: "initial / (1 + step / this)",
        initial: 0.02,
        constants: { this: 40 },
        warmup: { steps: 2 },
      },
      clip: { norm: 5 },
    },
  },
  // The same for layers. For example, a buffer with the name n must not be taken for the number of rows, and
  // one with the name i not for a loop variable.
  hostileLayers: {
    name: "n",
    inputs: { row: { shape: [3] } },
    targets: { sum: { shape: [2] } },
    network: [
      { type: "dense", name: "n", units: 3, activation: "linear" },
      { type: "dense", name: "i", units: 3, activation: "tanh" },
      { type: "dense", name: "k", units: 3, activation: "softmax" },
      { type: "dense", name: "f", units: 2 },
    ],
    loss: "mse",
    optimizer: { type: "adam", learningRate: 0.05 },
    training: { epochs: 1, batchSize: 5, seed: 3 },
  },
};

export type Rows = Record<string, number[]>;

/** A batch of valid inputs and targets for the spec, the same in every run. */
export function batchFor(spec: ModelSpec, rows: number, seed: number): Rows {
  const random = streamOf(seed);
  const batch: Rows = {};
  const fill = (name: string, shape: readonly number[], draw: () => number) => {
    const size = shape.reduce((product, d) => product * d, rows);
    batch[name] = Array.from({ length: size }, draw);
  };
  for (const [name, { shape }] of Object.entries(spec.inputs)) fill(name, shape, () => 4 * random.unit() - 2);
  for (const [name, target] of Object.entries(spec.targets)) {
    const count = "classes" in target ? target.classes : undefined;
    if (count !== undefined) fill(name, [], () => random.below(count));
    else if (spec.loss === "perceptron") fill(name, target.shape ?? [], () => random.below(2));
    else fill(name, target.shape ?? [], () => 4 * random.unit() - 2);
  }
  return batch;
}
