// The model of init-he.ts with Xavier's variance, 2 / (in + out).
import { defineModel } from "tapeless";
import base from "./init-he.ts";

const hidden = { type: "dense", units: 32, activation: "relu", init: "xavier-normal" } as const;

export default defineModel({
  ...base,
  name: "init-xavier",
  network: [
    { type: "repeat", times: 8, layers: [hidden] },
    { type: "dense", units: 10 },
  ],
});
