// The seven workloads of the comparison, in float32. Every library builds the multilayer perceptrons from
// their widths. The other two networks are written separately for each library.
import type { ModelSpec } from "../../src/index.ts";

export interface Perceptron {
  /** The widths of the input, the hidden layers and the output. */
  readonly widths: readonly number[];
  readonly activation: "relu" | "tanh";
}

/** The optimizer with its hyperparameters, which have the same meaning in all libraries. */
export interface Optimizer {
  readonly type: "sgd" | "adam" | "adamw" | "rmsprop";
  readonly learningRate: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

export interface Workload {
  readonly name: string;
  /** A description for readers. */
  readonly words: string;
  readonly batchSize: number;
  readonly optimizer: Optimizer;
  readonly loss: "cross-entropy" | "mse";
  readonly perceptron?: Perceptron;
  /** The network of `lenet` or `charlm`; undefined for the other networks, which follow from their widths. */
  readonly model?: Pick<ModelSpec, "inputs" | "targets" | "network">;
}

export const vocabulary = 65;
const [context, width] = [32, 64];

export const workloads: readonly Workload[] = [
  {
    name: "tiny",
    words: "MLP 4-16-3, tanh, batch 16, SGD",
    batchSize: 16,
    perceptron: { widths: [4, 16, 3], activation: "tanh" },
    optimizer: { type: "sgd", learningRate: 0.05 },
    loss: "cross-entropy",
  },
  {
    name: "digits",
    words: "MLP 64-32-10, ReLU, batch 32, Adam",
    batchSize: 32,
    perceptron: { widths: [64, 32, 10], activation: "relu" },
    optimizer: { type: "adam", learningRate: 0.001 },
    loss: "cross-entropy",
  },
  {
    name: "mnist",
    words: "MLP 784-128-10, ReLU, batch 32, Adam",
    batchSize: 32,
    perceptron: { widths: [784, 128, 10], activation: "relu" },
    optimizer: { type: "adam", learningRate: 0.001 },
    loss: "cross-entropy",
  },
  {
    name: "wide",
    words: "MLP 784-512-512-10, ReLU, batch 128, SGD with momentum",
    batchSize: 128,
    perceptron: { widths: [784, 512, 512, 10], activation: "relu" },
    optimizer: { type: "sgd", learningRate: 0.01, momentum: 0.9 },
    loss: "cross-entropy",
  },
  {
    name: "lenet",
    words: "28×28×1, 8 filters 5×5, pool, 16 filters 5×5, pool, 10; ReLU, batch 32, Adam",
    batchSize: 32,
    optimizer: { type: "adam", learningRate: 0.001 },
    loss: "cross-entropy",
    model: {
      inputs: { x: { shape: [28, 28, 1] } },
      targets: { y: { classes: 10 } },
      network: [
        { type: "conv2d", filters: 8, kernel: 5, activation: "relu" },
        { type: "max-pool2d", size: 2 },
        { type: "conv2d", filters: 16, kernel: 5, activation: "relu" },
        { type: "max-pool2d", size: 2 },
        { type: "flatten" },
        { type: "dense", units: 10 },
      ],
    },
  },
  {
    name: "charlm",
    words: "65 characters, context 32, width 64, 4 heads, 2 pre-norm blocks, GELU, ×4, batch 16, AdamW",
    batchSize: 16,
    optimizer: { type: "adamw", learningRate: 0.001, weightDecay: 0.01 },
    loss: "cross-entropy",
    model: {
      inputs: { x: { shape: [context], dtype: "i32" } },
      targets: { y: { classes: vocabulary, shape: [context] } },
      network: [
        { type: "embedding", vocabulary, units: width },
        { type: "position-embedding" },
        {
          type: "repeat",
          times: 2,
          layers: [
            { type: "residual", layers: ["layer-norm", { type: "attention", heads: 4, causal: true }] },
            {
              type: "residual",
              layers: [
                "layer-norm",
                { type: "dense", units: 4 * width, activation: "gelu" },
                { type: "dense", units: width },
              ],
            },
          ],
        },
        "layer-norm",
        { type: "dense", units: vocabulary },
      ],
    },
  },
  {
    name: "regress",
    words: "MLP 13-64-64-1, tanh, MSE, batch 506, RMSprop",
    batchSize: 506,
    perceptron: { widths: [13, 64, 64, 1], activation: "tanh" },
    optimizer: { type: "rmsprop", learningRate: 0.001 },
    loss: "mse",
  },
];

/** The spec of a workload. Its input is `x`, its target is `y`. */
export const specOf = ({ name, batchSize, optimizer, loss, perceptron, model }: Workload): ModelSpec => ({
  name,
  ...(perceptron === undefined ? emptyModel : perceptronModel(perceptron, loss)),
  ...model,
  loss,
  optimizer,
  training: { epochs: 1, batchSize, seed: 7 },
});

const emptyModel: Pick<ModelSpec, "inputs" | "targets" | "network"> = {
  inputs: {},
  targets: {},
  network: [],
};

function perceptronModel(
  { widths, activation }: Perceptron,
  loss: Workload["loss"],
): Pick<ModelSpec, "inputs" | "targets" | "network"> {
  const [inputs, outputs] = [widths[0], widths[widths.length - 1]];
  return {
    inputs: { x: { shape: [inputs] } },
    targets: { y: loss === "mse" ? { shape: [outputs] } : { classes: outputs } },
    network: [
      ...widths.slice(1, -1).map((units) => ({ type: "dense" as const, units, activation })),
      { type: "dense", units: outputs },
    ],
  };
}

/** The workload with this name. */
export function workloadNamed(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (found === undefined)
    throw new Error(`no workload "${name}": there are ${workloads.map((each) => each.name).join(", ")}`);
  return found;
}
