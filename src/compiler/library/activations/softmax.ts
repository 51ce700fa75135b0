/** Softmax along the last axis, and its logarithm. */
import * as compositions from "../compositions.ts";
import { defineActivation } from "../define.ts";

/** y_j = e_j / s */
export const softmax = defineActivation({
  name: "softmax",
  about: "positive numbers that sum to 1 along the last axis",
  keys: {},
  family: "xavier",
  acts: "on the last axis",
  build: (g, x) => compositions.softmax(g, x),
});

/** y_j = shifted_j − log s */
export const logSoftmax = defineActivation({
  name: "log-softmax",
  about: "the logarithm of softmax",
  keys: {},
  family: "xavier",
  acts: "on the last axis",
  build: (g, x) => compositions.logSoftmax(g, x),
});
