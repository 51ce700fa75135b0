/**
 * A metric of the user's own, under a name of its own: as a formula of a loss, but of what the network says
 * in the target's own units.
 */
import * as z from "zod";
import { defineMetric } from "../define.ts";
import { constantsKey, formulaKey } from "../formula/keys.ts";
import { formulaSums, formulaValue, refuseFormula } from "../formula/measure.ts";
import type { MeasureFunction } from "../formula/measure.ts";

export const formula = defineMetric({
  name: "formula",
  about: 'a formula over prediction and target, such as "mean(abs(prediction - target) < 1)"',
  keys: {
    name: z.string().describe("What the metric is called in reports."),
    formula: formulaKey<MeasureFunction>("The metric, one number made of sums and means over all rows."),
    constants: constantsKey,
    better: z
      .enum(["lower", "higher"])
      .default("lower")
      .describe("Which values early stopping takes for the better ones."),
  },
  accepts: refuseFormula,
  sums: (g, comparison, keys) => formulaSums(g, comparison, comparison.estimate, keys),
  value: (g, sums, keys, comparison) => formulaValue(g, sums, comparison, comparison.estimate, keys),
});
