// A network that can memorise its rows: 32 hidden units for 266 patients, 200 epochs.
import { defineModel } from "tapeless";

export default defineModel({
  name: "epochs-all",
  inputs: { patient: { shape: [10] } },
  targets: { progression: { shape: [1] } },
  network: [
    { type: "dense", units: 32, activation: "tanh" },
    { type: "dense", units: 1 },
  ],
  loss: "mse",
  metrics: ["rmse"],
  optimizer: { type: "adam", learningRate: 0.01 },
  training: {
    epochs: 200,
    batchSize: 32,
    seed: 7,
    test: { fraction: 0.2 },
    validation: { fraction: 0.2 },
    keep: "last",
  },
  data: {
    file: "../data/diabetes.csv",
    inputs: { patient: { columns: ["age..s6"], scale: "standard" } },
    targets: { progression: { columns: ["progression"], scale: "standard" } },
  },
});
