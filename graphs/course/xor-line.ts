// The perceptron on four points that no straight line separates. Is exactly one of the two inputs on?
import { defineModel } from "tapeless";

export default defineModel({
  name: "xor-line",
  inputs: { inputs: { shape: [2] } },
  targets: { differ: { shape: [1] } },
  network: [{ type: "dense", units: 1, activation: "step" }],
  loss: "perceptron",
  metrics: ["accuracy"],
  optimizer: { type: "sgd", learningRate: 1 },
  training: { epochs: 500, batchSize: 1, seed: 7 },
  data: {
    file: "data/xor.csv",
    inputs: { inputs: { columns: ["a", "b"] } },
    targets: { differ: { columns: ["differ"] } },
  },
});
