// Classifies handwritten digits with a residual network. Every block adds a correction to its input, so that
// gradients have a short path back. A function creates the blocks, so this spec is shorter in TypeScript than
// in JSON.
import { defineModel } from "tapeless";

const width = 32;

/** x + dense(gelu(dense(x))), as layers whose names begin with the name of the block. */
const block = (name: string, from: string) => [
  { type: "dense" as const, name: `${name}-hidden`, from, units: width, activation: "gelu" as const },
  { type: "dense" as const, name: `${name}-correction`, units: width },
  { type: "add" as const, name, from: [from, `${name}-correction`] },
];

export default defineModel({
  name: "residual",
  inputs: { pixels: { shape: [64] } },
  targets: { digit: { classes: 10 } },
  network: [
    { type: "dense", name: "stem", units: width, activation: "gelu" },
    ...block("block1", "stem"),
    ...block("block2", "block1"),
    { type: "dense", name: "scores", units: 10 },
  ],
  loss: { type: "cross-entropy", smoothing: 0.1 },
  metrics: ["accuracy"],
  optimizer: {
    type: "nadam",
    // An epoch has 34 steps. The rate warms up for one and a half epochs, then falls to zero at the last
    // step.
    learningRate: { type: "cosine", initial: 0.004, steps: 970, warmup: { steps: 50 } },
    clip: { norm: 1 },
  },
  training: {
    epochs: 30,
    batchSize: 32,
    seed: 7,
    test: { fraction: 0.2 },
    validation: { fraction: 0.2 },
  },
  data: {
    file: "data/digits.csv",
    inputs: { pixels: { columns: ["p0..p63"], scale: { divide: 16 } } },
    targets: { digit: { columns: ["digit"] } },
  },
});
