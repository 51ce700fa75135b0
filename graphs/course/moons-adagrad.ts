// The model of moons-sgd.ts with Adagrad, which sums all squared gradients.
import { defineModel } from "tapeless";
import base from "./moons-sgd.ts";

export default defineModel({
  ...base,
  name: "moons-adagrad",
  optimizer: { type: "adagrad", learningRate: 0.01 },
});
