// The model of moons-sgd.ts with Adam.
import { defineModel } from "tapeless";
import base from "./moons-sgd.ts";

export default defineModel({
  ...base,
  name: "moons-adam",
  optimizer: { type: "adam", learningRate: 0.01 },
});
