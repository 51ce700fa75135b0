/**
 * Learning rates that stay or fall. k is the schedule's own step, T the number of steps it takes; afterwards
 * the last value holds.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineSchedule } from "../define.ts";

const steps = z.int().positive().describe("How many optimizer steps it takes; then the last value holds.");
const end = z.number().nonnegative().default(0).describe("The rate at the end.");

/** min(k, T) / T */
const progress = (g: GraphBuilder, step: Node, total: number): Node =>
  g.divide(g.minimum(step, total), total);

export const constant = defineSchedule({
  name: "constant",
  about: "always the initial rate",
  keys: {},
  rate: (g, step, { initial }) => g.number(initial, step.type.element),
});

/** initial · factor^⌊k / every⌋ */
export const step = defineSchedule({
  name: "step",
  about: "multiplied by a factor every so many steps",
  keys: {
    every: z.int().positive().describe("After how many optimizer steps the rate changes."),
    factor: z.number().positive().default(0.1).describe("What the rate is then multiplied by."),
  },
  rate: (g, k, { initial, every, factor }) =>
    g.multiply(initial, g.power(g.number(factor, k.type.element), g.floor(g.divide(k, every)))),
});

/** initial · rateᵏ */
export const exponential = defineSchedule({
  name: "exponential",
  about: "multiplied by the same rate at every step",
  keys: { rate: z.number().positive().describe("What the learning rate is multiplied by at each step.") },
  rate: (g, k, { initial, rate }) => g.multiply(initial, g.power(g.number(rate, k.type.element), k)),
});

/** end + (initial − end) · (1 − k/T)^power */
export const polynomial = defineSchedule({
  name: "polynomial",
  about: "falls as a power of the steps that are left",
  keys: {
    power: z.number().positive().default(1).describe("The exponent; 1 is a straight line."),
    steps,
    end,
  },
  rate: (g, k, keys) => {
    const left = g.subtract(1, progress(g, k, keys.steps));
    const share = keys.power === 1 ? left : g.power(left, keys.power);
    return g.add(keys.end, g.multiply(keys.initial - keys.end, share));
  },
});

/** end + (initial − end) · (1 + cos(π k/T)) / 2 */
export const cosine = defineSchedule({
  name: "cosine",
  about: "falls along half a cosine wave",
  keys: { steps, end },
  rate: (g, k, keys) => {
    const wave = g.cos(g.multiply(Math.PI, progress(g, k, keys.steps)));
    return g.add(keys.end, g.multiply((keys.initial - keys.end) / 2, g.add(1, wave)));
  },
});
