/**
 * The closed table of schedules, including user-defined schedules as formulas, and the warm-up before a
 * schedule. To add a schedule, define it in `decays.ts` and add a line here.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Choice } from "../../util/choice.ts";
import { defineSchedule } from "../define.ts";
import type { Schedule } from "../define.ts";
import { buildFormula } from "../formula/build.ts";
import type { FormulaContext } from "../formula/check.ts";
import { constantKinds, constantValues, constantsKey, expressionTree, formulaKey } from "../formula/keys.ts";
import type { Constants } from "../formula/keys.ts";
import { called, returnedLike } from "../user-function.ts";
import { constant, cosine, exponential, oneCycle, polynomial, step } from "./decays.ts";

// A user-defined schedule: a formula of `step` and `initial`, or a function in TypeScript.

/** Returns the rate, a scalar f64 or a number. `step` counts optimizer steps from 0, after the warm-up. */
export type ScheduleFunction = (g: GraphBuilder, parts: { step: Node; initial: number }) => Node | number;

export const scheduleContext = (constants: Constants): FormulaContext => ({
  what: "a schedule",
  names: new Map([["step", "one"], ["initial", "one"], ...constantKinds(constants)]),
  totals: "none",
  hasAxes: false,
  result: "one",
});

const formula = defineSchedule({
  name: "formula",
  about: 'a formula over step and initial, such as "initial / (1 + 0.01 * step)"',
  keys: {
    formula: formulaKey<ScheduleFunction>(
      "The learning rate at a step. Steps are counted from 0, after the warm-up.",
    ),
    constants: constantsKey,
  },
  rate: (g, step, { formula, constants, initial }) => {
    const { element } = step.type;
    const names = new Map([["step", step], ["initial", initial], ...constantValues(constants)]);
    const value =
      typeof formula === "string"
        ? buildFormula(g, expressionTree(formula), { text: formula, names, element })
        : called("the schedule function", () => formula(g, { step, initial }));
    return returnedLike(g, "the schedule function", value, [], element === "f32" ? "f32" : "f64");
  },
});

export const schedules = {
  constant,
  step,
  exponential,
  polynomial,
  cosine,
  "one-cycle": oneCycle,
  formula,
} satisfies Record<string, Schedule>;

/** A schedule in the canonical spec. */
export type ScheduleChoice = Choice<typeof schedules> & {
  readonly initial: number;
  readonly warmup?: { readonly steps: number };
  readonly scale?: number;
};

const scheduleOf = ({ type }: ScheduleChoice): Schedule => schedules[type];

/**
 * The rate at optimizer step k, counted from 0. During a warm-up of K steps, it is initial · (k + 1)/K. After
 * the warm-up, the schedule starts at its step 0. The scale multiplies the rate
 * during the warm-up and after it.
 */
export const learningRate = (g: GraphBuilder, step: Node, chosen: ScheduleChoice): Node =>
  chosen.scale === undefined
    ? unscaledRate(g, step, chosen)
    : g.multiply(chosen.scale, unscaledRate(g, step, chosen));

function unscaledRate(g: GraphBuilder, step: Node, chosen: ScheduleChoice): Node {
  const schedule = scheduleOf(chosen);
  if (chosen.warmup === undefined) return schedule.rate(g, step, chosen);
  const { steps } = chosen.warmup;
  const warmup = g.multiply(chosen.initial, g.divide(g.add(step, 1), steps));
  const scheduled = schedule.rate(g, g.maximum(g.subtract(step, steps), 0), chosen);
  return g.select(g.less(step, steps), warmup, scheduled);
}
