// The network of epochs-all.ts with 8 hidden units.
import { defineModel } from "tapeless";
import base from "./epochs-all.ts";

export default defineModel({
  ...base,
  name: "units-8",
  network: [
    { type: "dense", units: 8, activation: "tanh" },
    { type: "dense", units: 1 },
  ],
});
