// The perceptron of unit-step.ts with a loss that gives no gradient to the weights: the compiler reports it.
import { defineModel } from "tapeless";
import base from "./unit-step.ts";

export default defineModel({
  ...base,
  name: "unit-step-mse",
  loss: "mse",
});
