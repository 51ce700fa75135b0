/**
 * A tensor that outlives a step beside the parameters: moments, counters, running sums. The name is that of
 * its storage.
 */
import { defineOp } from "../define.ts";
import { leaf } from "./leaf.ts";

export const state = defineOp({ name: "state", ...leaf });
