/**
 * A loss of the user's own: a formula over prediction, target and inputs, or in TypeScript a function over
 * the builder.
 */
import { defineLoss } from "../define.ts";
import { constantsKey, formulaKey } from "../formula/keys.ts";
import { formulaSums, formulaValue, refuseFormula } from "../formula/measure.ts";
import type { MeasureFunction } from "../formula/measure.ts";

export const formula = defineLoss({
  name: "formula",
  about: 'a formula over prediction and target, such as "mean((prediction - target)^2)"',
  keys: {
    formula: formulaKey<MeasureFunction>("The loss, one number made of sums and means over the batch."),
    constants: constantsKey,
  },
  accepts: refuseFormula,
  sums: (g, comparison, keys) => formulaSums(g, comparison, comparison.prediction, keys),
  value: (g, sums, keys, comparison) => formulaValue(g, sums, comparison, comparison.prediction, keys),
});
