// The model of moons-sgd.ts with RMSprop, which forgets old gradients.
import { defineModel } from "tapeless";
import base from "./moons-sgd.ts";

export default defineModel({
  ...base,
  name: "moons-rmsprop",
  optimizer: { type: "rmsprop", learningRate: 0.01 },
});
