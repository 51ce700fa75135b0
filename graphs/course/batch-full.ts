// The full batch: each epoch has a single update, along the gradient over all rows.
import { defineModel } from "tapeless";
import base from "./batch-mini.ts";

export default defineModel({
  ...base,
  name: "batch-full",
  training: { ...base.training, batchSize: 442 },
});
