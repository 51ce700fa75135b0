/**
 * One cycle (Smith and Topin 2017), as PyTorch's OneCycleLR: half a cosine wave up from `initial` to `peak`
 * during the first 30 % of the steps, then half a wave down to initial/10⁴ at the last. In PyTorch's terms:
 * max_lr = peak, div_factor = peak/initial, pct_start 0.3, final_div_factor 10⁴, and the turn is at step
 * 0.3·T − 1.
 *
 *     wave(a, b, x) = b + (a − b) · (1 + cos πx) / 2        from a at x = 0 to b at x = 1
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineSchedule } from "../define.ts";

const wave = (g: GraphBuilder, from: number, to: number, x: Node): Node =>
  g.add(to, g.multiply((from - to) / 2, g.add(1, g.cos(g.multiply(Math.PI, x)))));

export const oneCycle = defineSchedule({
  name: "one-cycle",
  about: "rises from the initial rate to a peak, then falls far below the initial rate",
  keys: {
    steps: z.int().positive().describe("How many optimizer steps the whole cycle takes."),
    peak: z.number().positive().describe("The highest rate."),
  },
  rate: (g, step, { initial, steps, peak }) => {
    const last = steps - 1;
    const turn = 0.3 * steps - 1;
    const k = g.minimum(step, last);
    const down = wave(g, peak, initial / 1e4, g.divide(g.subtract(k, turn), last - turn));
    // With three steps or fewer the turn lies before the first of them.
    if (turn <= 0) return down;
    return g.select(g.lessEqual(k, turn), wave(g, initial, peak, g.divide(k, turn)), down);
  },
});
