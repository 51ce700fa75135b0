// The perceptron: a weighted sum of two measurements and a unit step. Is this flower an Iris versicolor?
import { defineModel } from "tapeless";

export default defineModel({
  name: "unit-step",
  inputs: { petal: { shape: [2] } },
  targets: { versicolor: { shape: [1] } },
  network: [{ type: "dense", units: 1, activation: "step", init: "zeros" }],
  loss: "perceptron",
  metrics: ["accuracy"],
  optimizer: { type: "sgd", learningRate: 1 },
  training: { epochs: 6, batchSize: 1, seed: 7, test: { fraction: 0.2 } },
  data: {
    file: "../data/iris-two.csv",
    inputs: { petal: { columns: ["petal_length", "petal_width"] } },
    targets: { versicolor: { columns: ["versicolor"] } },
  },
});
