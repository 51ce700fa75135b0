// The network of epochs-all.ts with 2 hidden units.
import { defineModel } from "tapeless";
import base from "./epochs-all.ts";

export default defineModel({
  ...base,
  name: "units-2",
  network: [
    { type: "dense", units: 2, activation: "tanh" },
    { type: "dense", units: 1 },
  ],
});
