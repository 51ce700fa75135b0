/** Softmax along the last axis, and its logarithm. */
import { defineActivation } from "../define.ts";
import { alongLastAxis, shiftedExponentials } from "../log-sum-exp.ts";

/** y_j = e_j / s */
export const softmax = defineActivation({
  name: "softmax",
  about: "positive numbers that sum to 1 along the last axis",
  keys: {},
  family: "xavier",
  acts: "on the last axis",
  build: (g, x) => {
    const { exponentials, sum } = shiftedExponentials(g, x);
    return g.divide(exponentials, alongLastAxis(g, sum, x));
  },
});

/** y_j = shifted_j − log s */
export const logSoftmax = defineActivation({
  name: "log-softmax",
  about: "the logarithm of softmax",
  keys: {},
  family: "xavier",
  acts: "on the last axis",
  build: (g, x) => {
    const { shifted, sum } = shiftedExponentials(g, x);
    return g.subtract(shifted, alongLastAxis(g, g.log(sum), x));
  },
});
