// The interpretation of the network's output for one column of the target. Loss and target determine which one
// a trainer has.
import { exp, sigmoid } from "../numbers/exponential.ts";
import type { Scale } from "../data/fields.ts";

/** A cell of the table of predictions. */
export type Cell = string | number;

/**
 * The cells for one column of the target. For classes: the name of the most likely class, then a number for
 * each class. For real numbers: the prediction in original units.
 */
export type Interpretation = (scores: readonly number[], classes: readonly Cell[], scale?: Scale) => Cell[];

/** Rounds to the digits of f32. */
const rounded = (value: number): number => +value.toPrecision(7);

/** Logits of classes: their probabilities by softmax. */
export const byProbability: Interpretation = (scores, classes) => {
  const top = Math.max(...scores);
  const sum = scores.reduce((all, score) => all + exp(score - top), 0);
  return [classes[scores.indexOf(top)], ...scores.map((score) => rounded(exp(score - top) / sum))];
};

/** A score for each class. */
export const byScore: Interpretation = (scores, classes) => [
  classes[scores.indexOf(Math.max(...scores))],
  ...scores.map(rounded),
];

/** The logit of the second of two classes. */
export const bySecondLogit: Interpretation = ([logit], classes) => bySecond(sigmoid(logit), classes);

/** A step: 0 for the first of two classes, 1 for the second. */
export const bySecondStep: Interpretation = ([step], classes) => bySecond(step, classes);

function bySecond(share: number, classes: readonly Cell[]): Cell[] {
  return [classes[share < 0.5 ? 0 : 1], rounded(1 - share), rounded(share)];
}

/** A margin: below 0 for the first of two classes. */
export const byMargin: Interpretation = ([score], classes) => [
  classes[score < 0 ? 0 : 1],
  rounded(-score),
  rounded(score),
];

/** A number in the units of the target. */
export const inTargetUnits: Interpretation = ([value], _, { shift, span } = { shift: 0, span: 1 }) => [
  rounded(value * span + shift),
];

/** The logarithm of a number. */
export const ofLogarithm: Interpretation = ([value], classes, scale) =>
  inTargetUnits([exp(value)], classes, scale);

/** The logit of a probability. */
export const ofLogit: Interpretation = ([value], classes, scale) =>
  inTargetUnits([sigmoid(value)], classes, scale);
