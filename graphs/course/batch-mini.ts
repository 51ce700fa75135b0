// Mini-batches of 16 rows: each update depends on a few rows, and an epoch has many updates.
import { defineModel } from "tapeless";
import base from "./least-squares.ts";

export default defineModel({
  ...base,
  name: "batch-mini",
  optimizer: { type: "sgd", learningRate: 0.01 },
  training: { epochs: 20, batchSize: 16, seed: 7, validation: { fraction: 0.2 } },
});
