// Gradient descent with a learning rate that suits the steepest direction of the loss.
import { defineModel } from "tapeless";
import base from "./least-squares.ts";

export default defineModel({
  ...base,
  name: "rate-right",
  training: { ...base.training, epochs: 60 },
});
