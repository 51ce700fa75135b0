// Plain gradient descent on the two moons. The related specs differ only in the optimizer.
import { defineModel } from "tapeless";

export default defineModel({
  name: "moons-sgd",
  inputs: { point: { shape: [2] } },
  targets: { moon: { classes: 2 } },
  network: [
    { type: "dense", units: 16, activation: "tanh" },
    { type: "dense", units: 2 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "sgd", learningRate: 0.01 },
  training: { epochs: 30, batchSize: 32, seed: 7, validation: { fraction: 0.2 } },
  data: {
    file: "../data/two-moons.csv",
    inputs: { point: { columns: ["x", "y"] } },
    targets: { moon: { columns: ["moon"] } },
  },
});
