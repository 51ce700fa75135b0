// The same with a loss that depends on the step itself: it has no gradient, and the compiler reports it.
import { defineModel } from "tapeless";
import base from "./unit-step.ts";

export default defineModel({
  ...base,
  name: "unit-step-mse",
  loss: "mse",
});
