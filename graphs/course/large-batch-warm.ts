// The model of large-batch-fast.ts with a warm-up of forty steps.
import { defineModel } from "tapeless";
import base from "./small-batch.ts";

export default defineModel({
  ...base,
  name: "large-batch-warm",
  optimizer: {
    type: "sgd",
    momentum: 0.9,
    learningRate: { type: "cosine", initial: 0.8, steps: 80, warmup: { steps: 40 } },
  },
  training: { ...base.training, batchSize: 256 },
});
