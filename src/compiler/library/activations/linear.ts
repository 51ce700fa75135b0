/** The identity: what a layer without an activation has. */
import { defineActivation } from "../define.ts";

/** y = x */
export const linear = defineActivation({
  name: "linear",
  about: "y = x",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (_, x) => x,
});
