// The line of spoilt-mse.ts with the loss MAE.
import { defineModel } from "tapeless";
import base from "./spoilt-mse.ts";

export default defineModel({ ...base, name: "spoilt-mae", loss: "mae" });
