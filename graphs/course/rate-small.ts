// The model of rate-right.ts at a learning rate that is two hundred times smaller.
import { defineModel } from "tapeless";
import base from "./rate-right.ts";

export default defineModel({
  ...base,
  name: "rate-small",
  optimizer: { type: "sgd", learningRate: 0.001 },
});
