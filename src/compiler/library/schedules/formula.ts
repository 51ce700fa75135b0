/** A schedule of the user's own: a formula over `step` and `initial`, or in TypeScript a function over the builder. */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineSchedule } from "../define.ts";
import { buildFormula } from "../formula/build.ts";
import type { Place } from "../formula/check.ts";
import { constantKinds, constantsKey, constantValues, expressionTree, formulaKey } from "../formula/keys.ts";
import type { Constants } from "../formula/keys.ts";
import { called, returnedLike } from "../user-function.ts";

/** Gives the rate, one f64: `step` counts optimizer steps from 0, after the warm-up. */
export type ScheduleFunction = (g: GraphBuilder, parts: { step: Node; initial: number }) => Node | number;

export const schedulePlace = (constants: Constants): Place => ({
  what: "a schedule",
  names: new Map([["step", "one"], ["initial", "one"], ...constantKinds(constants)]),
  totals: "none",
  hasAxes: false,
  result: "one",
});

export const formula = defineSchedule({
  name: "formula",
  about: 'a formula over step and initial, such as "initial / (1 + 0.01 * step)"',
  keys: {
    formula: formulaKey<ScheduleFunction>("The rate at a step, counted from 0 after the warm-up."),
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
