// The same from weights with a deviation of 0.01: each layer hands on a fraction of what it was given.
import { defineModel } from "tapeless";
import base from "./init-he.ts";

const hidden = { type: "dense", units: 32, activation: "relu", init: { type: "normal", std: 0.01 } } as const;

export default defineModel({
  ...base,
  name: "init-small",
  network: [
    { type: "repeat", times: 8, layers: [hidden] },
    { type: "dense", units: 10 },
  ],
});
