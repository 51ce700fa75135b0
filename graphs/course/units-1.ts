// The network of epochs-all.ts with 1 hidden unit.
import { defineModel } from "tapeless";
import base from "./epochs-all.ts";

export default defineModel({
  ...base,
  name: "units-1",
  network: [
    { type: "dense", units: 1, activation: "tanh" },
    { type: "dense", units: 1 },
  ],
});
