// The model of rate-right.ts at a learning rate just above the limit of stability.
import { defineModel } from "tapeless";
import base from "./rate-right.ts";

export default defineModel({
  ...base,
  name: "rate-edge",
  optimizer: { type: "sgd", learningRate: 0.3 },
});
