// The model of rate-right.ts at a learning rate that is far too large.
import { defineModel } from "tapeless";
import base from "./rate-right.ts";

export default defineModel({
  ...base,
  name: "rate-large",
  optimizer: { type: "sgd", learningRate: 1 },
});
