// The line of spoilt-mse.ts with the Huber loss, which is quadratic near zero and linear far from it.
import { defineModel } from "tapeless";
import base from "./spoilt-mse.ts";

export default defineModel({ ...base, name: "spoilt-huber", loss: "huber" });
