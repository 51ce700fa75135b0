// One row at a time: as many updates in an epoch as there are rows.
import { defineModel } from "tapeless";
import base from "./batch-mini.ts";

export default defineModel({
  ...base,
  name: "batch-one",
  training: { ...base.training, batchSize: 1 },
});
