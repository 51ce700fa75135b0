// Iris with a validation split of thirty flowers.
import { defineModel } from "tapeless";

export default defineModel({
  name: "one-part",
  inputs: { flower: { shape: [4] } },
  targets: { species: { classes: 3 } },
  network: [
    { type: "dense", units: 8, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.02 },
  training: {
    epochs: 60,
    batchSize: 16,
    seed: 7,
    test: { fraction: 0.2 },
    validation: { fraction: 0.2 },
  },
  data: {
    file: "../data/iris.csv",
    inputs: { flower: { columns: ["sepal_length..petal_width"], scale: "standard" } },
    targets: { species: { columns: ["species"] } },
  },
});
