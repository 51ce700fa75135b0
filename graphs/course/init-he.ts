// Digits through eight ReLU layers. The related specs differ only in the scale of the initial weights.
import { defineModel } from "tapeless";
import base from "./small-batch.ts";

const hidden = { type: "dense", units: 32, activation: "relu", init: "he-normal" } as const;

export default defineModel({
  ...base,
  name: "init-he",
  network: [
    { type: "repeat", times: 8, layers: [hidden] },
    { type: "dense", units: 10 },
  ],
  optimizer: { type: "sgd", learningRate: 0.05 },
  training: { ...base.training, epochs: 10 },
});
