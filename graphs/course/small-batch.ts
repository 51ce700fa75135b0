// Digits with four hidden layers and batches of 32, which is 45 steps per epoch. The learning rate falls to
// zero at the end.
import { defineModel } from "tapeless";

const hidden = { type: "dense", units: 32, activation: "tanh" } as const;

export default defineModel({
  name: "small-batch",
  inputs: { pixels: { shape: [64] } },
  targets: { digit: { classes: 10 } },
  network: [hidden, hidden, hidden, hidden, { type: "dense", units: 10 }],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: {
    type: "sgd",
    momentum: 0.9,
    learningRate: { type: "cosine", initial: 0.1, steps: 900 },
  },
  training: { epochs: 20, batchSize: 32, seed: 7, validation: { fraction: 0.2 } },
  data: {
    file: "../data/digits.csv",
    inputs: { pixels: { columns: ["p0..p63"], scale: { divide: 16 } } },
    targets: { digit: { columns: ["digit"] } },
  },
});
