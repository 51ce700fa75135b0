// The same with Adagrad.
import { defineModel } from "tapeless";
import base from "./moons-sgd.ts";

export default defineModel({
  ...base,
  name: "moons-adagrad",
  optimizer: { type: "adagrad", learningRate: 0.01 },
});
