// Handwritten digits by a residual network: every block adds a correction to what it was given, so that a
// gradient has a short way back. Blocks are alike, which is where a spec in TypeScript is shorter than a tree
// of data.
import { defineModel } from "tapeless";

const width = 32;

/** x + dense(gelu(dense(x))), as layers named after the block. */
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
    // 34 steps an epoch: warm-up for one and a half, then down to zero at the end of the last.
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
