// The perceptron of unit-step.ts with a loss that has no gradient, which the compiler reports.
import { defineModel } from "tapeless";
import base from "./unit-step.ts";

export default defineModel({
  ...base,
  name: "unit-step-mse",
  loss: "mse",
});
