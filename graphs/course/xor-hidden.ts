// The four points of xor-line.ts, with eight hidden units and a loss whose derivative is never zero.
import { defineModel } from "tapeless";
import base from "./xor-line.ts";

export default defineModel({
  ...base,
  name: "xor-hidden",
  network: [
    { type: "dense", units: 8, activation: "tanh" },
    { type: "dense", units: 1 },
  ],
  loss: "binary-cross-entropy",
  optimizer: { type: "adam", learningRate: 0.05 },
});
