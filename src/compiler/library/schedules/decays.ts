/**
 * Learning rates that stay constant or decay. k is the step of the schedule, and T is the number of its
 * steps. After T steps, the rate stays at its last value.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineSchedule } from "../define.ts";

const steps = z
  .int()
  .positive()
  .describe("The length of the schedule in optimizer steps; afterwards, the rate stays constant.");
const end = z.number().nonnegative().default(0).describe("The final learning rate.");

/** min(k, T) / T */
const progress = (g: GraphBuilder, step: Node, total: number): Node =>
  g.divide(g.minimum(step, total), total);

export const constant = defineSchedule({
  name: "constant",
  about: "keeps the initial rate",
  keys: {},
  rate: (g, step, { initial }) => g.number(initial, step.type.element),
});

/** initial · factor^⌊k / every⌋ */
export const step = defineSchedule({
  name: "step",
  about: "multiplies the rate by a factor at regular intervals",
  keys: {
    every: z.int().positive().describe("The number of optimizer steps between changes of the rate."),
    factor: z
      .number()
      .positive()
      .default(0.1)
      .describe("The factor that multiplies the rate at each change."),
  },
  rate: (g, k, { initial, every, factor }) =>
    g.multiply(initial, g.power(g.number(factor, k.type.element), g.floor(g.divide(k, every)))),
});

/** initial · rateᵏ */
export const exponential = defineSchedule({
  name: "exponential",
  about: "multiplies the rate by a constant factor at every step",
  keys: {
    rate: z.number().positive().describe("The factor that multiplies the learning rate at each step."),
  },
  rate: (g, k, { initial, rate }) => g.multiply(initial, g.power(g.number(rate, k.type.element), k)),
});

/** end + (initial − end) · (1 − k/T)^power */
export const polynomial = defineSchedule({
  name: "polynomial",
  about: "decays as a power of the remaining fraction of the steps",
  keys: {
    power: z.number().positive().default(1).describe("The exponent; 1 means linear decay."),
    steps,
    end,
  },
  rate: (g, k, keys) => {
    const left = g.subtract(1, progress(g, k, keys.steps));
    const fraction = keys.power === 1 ? left : g.power(left, keys.power);
    return g.add(keys.end, g.multiply(keys.initial - keys.end, fraction));
  },
});

/** end + (initial − end) · (1 + cos(π k/T)) / 2 */
export const cosine = defineSchedule({
  name: "cosine",
  about: "decays along half a cosine wave",
  keys: { steps, end },
  rate: (g, k, keys) => {
    const wave = g.cos(g.multiply(Math.PI, progress(g, k, keys.steps)));
    return g.add(keys.end, g.multiply((keys.initial - keys.end) / 2, g.add(1, wave)));
  },
});

// One cycle (Smith and Topin 2017), as PyTorch's OneCycleLR: the rate rises along half a cosine wave from
// `initial` to `peak` during the first 30 % of the steps, and then falls along half a wave to initial/10⁴ at
// the last step. In PyTorch's terms: max_lr = peak, div_factor = peak/initial, pct_start = 0.3,
// final_div_factor = 10⁴. The peak is at step 0.3·T − 1.
//
//     wave(a, b, x) = b + (a − b) · (1 + cos πx) / 2        from a at x = 0 to b at x = 1

const wave = (g: GraphBuilder, from: number, to: number, x: Node): Node =>
  g.add(to, g.multiply((from - to) / 2, g.add(1, g.cos(g.multiply(Math.PI, x)))));

export const oneCycle = defineSchedule({
  name: "one-cycle",
  about: "rises from the initial rate to a peak, then decays far below the initial rate",
  keys: {
    steps: z.int().positive().describe("The length of the whole cycle in optimizer steps."),
    peak: z.number().positive().describe("The highest learning rate."),
  },
  rate: (g, step, { initial, steps, peak }) => {
    const last = steps - 1;
    const turn = 0.3 * steps - 1;
    const k = g.minimum(step, last);
    const down = wave(g, peak, initial / 1e4, g.divide(g.subtract(k, turn), last - turn));
    // With at most three steps, the peak would be at or before the first step.
    if (turn <= 0) return down;
    return g.select(g.lessEqual(k, turn), wave(g, initial, peak, g.divide(k, turn)), down);
  },
});
