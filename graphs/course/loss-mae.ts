// The model of loss-mse.ts with the loss MAE.
import { defineModel } from "tapeless";
import base from "./loss-mse.ts";

export default defineModel({
  ...base,
  name: "loss-mae",
  loss: "mae",
});
