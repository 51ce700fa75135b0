// Which structure and which rate? Every combination is trained, stopped early and compared on the validation
// part; the winner is tested.
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
