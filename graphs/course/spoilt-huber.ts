// The same line with the Huber loss, quadratic near zero and linear far from it.
import { defineModel } from "tapeless";
import base from "./spoilt-mse.ts";

export default defineModel({ ...base, name: "spoilt-huber", loss: "huber" });
