// The model of small-batch.ts with batches and a learning rate that are eight times as large from the first
// step.
import { defineModel } from "tapeless";
import base from "./small-batch.ts";

export default defineModel({
  ...base,
  name: "large-batch-fast",
  optimizer: { type: "sgd", momentum: 0.9, learningRate: { type: "cosine", initial: 0.8, steps: 120 } },
  training: { ...base.training, batchSize: 256 },
});
