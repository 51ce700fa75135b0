// One row per batch: an epoch has as many updates as rows.
import { defineModel } from "tapeless";
import base from "./batch-mini.ts";

export default defineModel({
  ...base,
  name: "batch-one",
  training: { ...base.training, batchSize: 1 },
});
