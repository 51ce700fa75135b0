// The model of loss-mse.ts with the loss RMSE.
import { defineModel } from "tapeless";
import base from "./loss-mse.ts";

export default defineModel({
  ...base,
  name: "loss-rmse",
  loss: "rmse",
});
