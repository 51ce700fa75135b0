// The model of init-he.ts with LeCun's variance, 1 / in.
import { defineModel } from "tapeless";
import base from "./init-he.ts";

const hidden = { type: "dense", units: 32, activation: "relu", init: "lecun-normal" } as const;

export default defineModel({
  ...base,
  name: "init-lecun",
  network: [
    { type: "repeat", times: 8, layers: [hidden] },
    { type: "dense", units: 10 },
  ],
});
