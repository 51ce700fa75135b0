// The same, stopped when twenty epochs have brought nothing for the validation part; the best epoch's
// parameters are kept.
import { defineModel } from "tapeless";
import base from "./epochs-all.ts";

export default defineModel({
  ...base,
  name: "epochs-stopped",
  training: { ...base.training, earlyStopping: { patience: 20 } },
});
