// What the network's numbers for one column of the target mean: which of these a trainer has depends on its
// loss and target.
import { exp, sigmoid } from "../numbers/exponential.ts";
import type { Scale } from "../data/fields.ts";

/** A cell of what is predicted. */
export type Cell = string | number;

/**
 * The cells of a column of the target, from what the network says of it: for classes the likeliest one's
 * name, then a number for each; for real numbers the prediction in the target's own units.
 */
export type Answer = (scores: readonly number[], classes: readonly Cell[], scale?: Scale) => Cell[];

/** As many digits as f32 holds. */
const rounded = (value: number): number => +value.toPrecision(7);

/** Logits of classes: their probabilities, softmax. */
export const byProbability: Answer = (scores, classes) => {
  const top = Math.max(...scores);
  const sum = scores.reduce((all, score) => all + exp(score - top), 0);
  return [classes[scores.indexOf(top)], ...scores.map((score) => rounded(exp(score - top) / sum))];
};

/** Classes by some score of each. */
export const byScore: Answer = (scores, classes) => [
  classes[scores.indexOf(Math.max(...scores))],
  ...scores.map(rounded),
];

/** One logit, of the second of two classes. */
export const bySecondLogit: Answer = ([logit], classes) => bySecond(sigmoid(logit), classes);

/** 0 for the first of two classes, 1 for the second. */
export const bySecondStep: Answer = ([step], classes) => bySecond(step, classes);

function bySecond(share: number, classes: readonly Cell[]): Cell[] {
  return [classes[share < 0.5 ? 0 : 1], rounded(1 - share), rounded(share)];
}

/** One score, below 0 for the first of two classes. */
export const byMargin: Answer = ([score], classes) => [
  classes[score < 0 ? 0 : 1],
  rounded(-score),
  rounded(score),
];

/** A number as the target has it. */
export const inTargetUnits: Answer = ([value], _, { shift, span } = { shift: 0, span: 1 }) => [
  rounded(value * span + shift),
];

/** The logarithm of one. */
export const ofLogarithm: Answer = ([value], classes, scale) => inTargetUnits([exp(value)], classes, scale);

/** The logit of a probability. */
export const ofLogit: Answer = ([value], classes, scale) => inTargetUnits([sigmoid(value)], classes, scale);
