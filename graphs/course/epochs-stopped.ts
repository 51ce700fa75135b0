// The model of epochs-all.ts, stopped after twenty epochs without a better validation loss. The parameters of
// the best epoch are restored.
import { defineModel } from "tapeless";
import base from "./epochs-all.ts";

export default defineModel({
  ...base,
  name: "epochs-stopped",
  training: { ...base.training, keep: "best", earlyStopping: { patience: 20 } },
});
