/** The closed table of losses. A new one is a definition in this folder and a line here. */
import type { Choice } from "../../util/choice.ts";
import type { Loss } from "../define.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { klDivergence, poisson } from "./distributions.ts";
import { formula } from "./formula.ts";
import { binaryCrossEntropy, hinge, perceptron } from "./margins.ts";
import { huber, logCosh, mae, mse, rmse, rmsle } from "./regression.ts";

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

/** A loss as the canonical spec has it. */
export type LossChoice = Choice<typeof losses>;

export const lossOf = ({ type }: LossChoice): Loss => losses[type];
