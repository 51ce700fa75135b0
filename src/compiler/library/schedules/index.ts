/** The closed table of schedules, and the warm-up that any of them may have before it. */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Choice } from "../../util/choice.ts";
import type { Schedule } from "../define.ts";
import { constant, cosine, exponential, oneCycle, polynomial, step } from "./decays.ts";
import { formula } from "./formula.ts";

export const schedules = {
  constant,
  step,
  exponential,
  polynomial,
  cosine,
  "one-cycle": oneCycle,
  formula,
} satisfies Record<string, Schedule>;

/** A schedule as the canonical spec has it. */
export type ScheduleChoice = Choice<typeof schedules> & {
  readonly initial: number;
  readonly warmup?: { readonly steps: number };
  readonly scale?: number;
};

const scheduleOf = ({ type }: ScheduleChoice): Schedule => schedules[type];

/**
 * The rate at optimizer step k, counted from 0. A warm-up of K steps has initial · (k + 1)/K at its step k;
 * the schedule starts after it, at its own step 0. The scale is of warm-up and schedule alike.
 */
export const learningRate = (g: GraphBuilder, step: Node, chosen: ScheduleChoice): Node =>
  chosen.scale === undefined
    ? unscaledRate(g, step, chosen)
    : g.multiply(chosen.scale, unscaledRate(g, step, chosen));

function unscaledRate(g: GraphBuilder, step: Node, chosen: ScheduleChoice): Node {
  const schedule = scheduleOf(chosen);
  if (chosen.warmup === undefined) return schedule.rate(g, step, chosen);
  const { steps } = chosen.warmup;
  const rising = g.multiply(chosen.initial, g.divide(g.add(step, 1), steps));
  const scheduled = schedule.rate(g, g.maximum(g.subtract(step, steps), 0), chosen);
  return g.select(g.less(step, steps), rising, scheduled);
}
