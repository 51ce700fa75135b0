// One linear model, evaluated by four measures. The related specs use the other measures as the loss.
import { defineModel } from "tapeless";
import base from "./least-squares.ts";

export default defineModel({
  ...base,
  name: "loss-mse",
  network: [{ type: "dense", units: 1, init: "zeros", biasInit: { type: "constant", value: 150 } }],
  metrics: [
    { name: "mse", formula: "mean((prediction - target)^2)" },
    "rmse",
    "mae",
    { name: "rmsle", formula: "sqrt(mean((log1p(prediction) - log1p(target))^2))" },
    { name: "estimate", formula: "mean(prediction)" },
  ],
  optimizer: { type: "adam", learningRate: { type: "cosine", initial: 3, steps: 1000 } },
  training: { epochs: 1000, batchSize: 442 },
});
