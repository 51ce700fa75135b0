// Linear regression: predicts the progression of diabetes over one year from ten measurements at its start.
import { defineModel } from "tapeless";

export default defineModel({
  name: "least-squares",
  inputs: { patient: { shape: [10] } },
  targets: { progression: { shape: [1] } },
  network: [{ type: "dense", units: 1, init: "zeros" }],
  loss: "mse",
  metrics: ["rmse", "r2"],
  optimizer: { type: "sgd", learningRate: 0.2 },
  training: { epochs: 1000, batchSize: 442, seed: 7, test: { fraction: 0.2 } },
  data: {
    file: "../data/diabetes.csv",
    inputs: { patient: { columns: ["age..s6"], scale: "standard" } },
    targets: { progression: { columns: ["progression"] } },
  },
});
