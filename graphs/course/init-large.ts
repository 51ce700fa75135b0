// The model of init-he.ts with a standard deviation of 1: each layer makes its input several times larger.
import { defineModel } from "tapeless";
import base from "./init-he.ts";

const hidden = { type: "dense", units: 32, activation: "relu", init: { type: "normal", std: 1 } } as const;

export default defineModel({
  ...base,
  name: "init-large",
  network: [
    { type: "repeat", times: 8, layers: [hidden] },
    { type: "dense", units: 10 },
  ],
});
