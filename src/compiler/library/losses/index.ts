/**
 * The table of losses, including user-defined losses as formulas. To add a loss, define it in this folder and
 * add a line here.
 */
import type { Choice } from "../../util/choice.ts";
import { defineLoss } from "../define.ts";
import type { Loss } from "../define.ts";
import { constantsKey, formulaKey } from "../formula/keys.ts";
import { formulaSums, formulaValue, refuseFormula } from "../formula/measure.ts";
import type { MeasureFunction } from "../formula/measure.ts";
import { crossEntropy } from "./cross-entropy.ts";
import {
  binaryCrossEntropy,
  hinge,
  huber,
  klDivergence,
  logCosh,
  mae,
  mse,
  perceptron,
  poisson,
  rmse,
  rmsle,
} from "./elementwise.ts";

/** A user-defined loss: a formula of prediction, target and inputs, or a function in TypeScript. */
const formula = defineLoss({
  name: "formula",
  about: 'a formula over prediction and target, such as "mean((prediction - target)^2)"',
  keys: {
    formula: formulaKey<MeasureFunction>("The loss: one number computed from sums and means over all rows."),
    constants: constantsKey,
  },
  accepts: refuseFormula,
  sums: (g, comparison, keys) => formulaSums(g, comparison, comparison.prediction, keys),
  value: (g, sums, keys, comparison) => formulaValue(g, sums, comparison, comparison.prediction, keys),
});

export const losses = {
  mse,
  mae,
  rmse,
  rmsle,
  huber,
  "log-cosh": logCosh,
  "binary-cross-entropy": binaryCrossEntropy,
  "cross-entropy": crossEntropy,
  hinge,
  perceptron,
  poisson,
  "kl-divergence": klDivergence,
  formula,
} satisfies Record<string, Loss>;

/** A loss in the canonical spec. */
type LossChoice = Choice<typeof losses>;

export const lossOf = ({ type }: LossChoice): Loss => losses[type];
