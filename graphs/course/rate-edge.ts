// The same just beyond the edge of what is stable.
import { defineModel } from "tapeless";
import base from "./rate-right.ts";

export default defineModel({
  ...base,
  name: "rate-edge",
  optimizer: { type: "sgd", learningRate: 0.3 },
});
