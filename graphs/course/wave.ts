// One parameter, the frequency of a wave, and a loss with several minima: the initial value decides which
// minimum training finds.
import { defineModel } from "tapeless";

export default defineModel({
  name: "wave",
  inputs: { t: { shape: [1] } },
  targets: { height: { shape: [1] } },
  network: [{ type: "dense", units: 1, bias: false, init: { type: "uniform", min: 0, max: 6 } }],
  loss: { formula: "mean((sin(prediction) - target)^2)" },
  metrics: [{ name: "frequency", formula: "mean(prediction) / mean(t)" }],
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 100, batchSize: 64 },
  data: {
    file: "data/wave.csv",
    inputs: { t: { columns: ["t"] } },
    targets: { height: { columns: ["height"] } },
  },
});
