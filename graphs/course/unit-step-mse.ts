// The same with a loss that reads the step itself: no gradient comes through it, and the compiler says so.
import { defineModel } from "tapeless";
import base from "./unit-step.ts";

export default defineModel({
  ...base,
  name: "unit-step-mse",
  loss: "mse",
});
