// A line through readings. Every tenth training reading has a misplaced decimal point; the test readings are
// correct.
import { defineModel } from "tapeless";

export default defineModel({
  name: "spoilt-mse",
  inputs: { length: { shape: [1] } },
  targets: { weight: { shape: [1] } },
  network: [{ type: "dense", units: 1, init: "zeros" }],
  loss: "mse",
  metrics: ["mae"],
  optimizer: { type: "adam", learningRate: { type: "cosine", initial: 0.1, steps: 1000 } },
  training: { epochs: 1000, batchSize: 60, seed: 7 },
  data: {
    train: "data/line-spoilt.csv",
    test: "data/line.csv",
    inputs: { length: { columns: ["length"] } },
    targets: { weight: { columns: ["weight"] } },
  },
});
