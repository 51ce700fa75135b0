// The model of one-part.ts with five folds: each of the 120 rows outside the test split is used for
// validation once.
import { defineModel } from "tapeless";
import base from "./one-part.ts";

export default defineModel({
  ...base,
  name: "five-folds",
  training: { ...base.training, validation: { folds: 5 } },
});
