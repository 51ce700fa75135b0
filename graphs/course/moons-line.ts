// The model of moons-sgd.ts without hidden layers: the accuracy of a straight line between the moons.
import { defineModel } from "tapeless";
import base from "./moons-sgd.ts";

export default defineModel({
  ...base,
  name: "moons-line",
  network: [{ type: "dense", units: 2 }],
  optimizer: { type: "adam", learningRate: 0.05 },
});
