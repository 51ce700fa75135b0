// The model of small-batch.ts with batches eight times as large at the same learning rate: an eighth of the
// updates.
import { defineModel } from "tapeless";
import base from "./small-batch.ts";

export default defineModel({
  ...base,
  name: "large-batch",
  optimizer: { type: "sgd", momentum: 0.9, learningRate: { type: "cosine", initial: 0.1, steps: 120 } },
  training: { ...base.training, batchSize: 256 },
});
