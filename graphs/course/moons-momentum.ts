// The model of moons-sgd.ts with momentum.
import { defineModel } from "tapeless";
import base from "./moons-sgd.ts";

export default defineModel({
  ...base,
  name: "moons-momentum",
  optimizer: { type: "sgd", momentum: 0.9, learningRate: 0.01 },
});
