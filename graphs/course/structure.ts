// Which structure and which learning rate are best? Every combination is trained with early stopping and
// compared on the validation split. The best one is tested.
import { defineModel } from "tapeless";
import base from "./epochs-stopped.ts";

export default defineModel({
  ...base,
  name: "structure",
  training: {
    ...base.training,
    search: {
      over: {
        "network[0].units": [2, 8, 32],
        "network[0].activation": ["tanh", "relu"],
        "optimizer.learningRate": [0.001, 0.01, 0.1],
      },
    },
  },
});
