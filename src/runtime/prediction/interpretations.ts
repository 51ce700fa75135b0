// Interpretations of the network's output as classes and probabilities, or as numbers in original units. Loss
// and target determine the interpretation that a trainer uses.
import { exp, sigmoid } from "../numbers/exponential.ts";
import type { Scale } from "../data/fields.ts";

/** A cell of the table of predictions. */
export type Cell = string | number;

/**
 * Converts the scores of one target column to cells. For classes, the cells are the name of the most likely
 * class and then a number for each class. For real numbers, the cell is the prediction in original units.
 */
export type Interpretation = (scores: readonly number[], classes: readonly Cell[], scale?: Scale) => Cell[];

/** Rounds to 7 significant digits, the precision of f32. */
const rounded = (value: number): number => +value.toPrecision(7);

/** Interprets one logit per class: softmax computes the probabilities. */
export const byProbability: Interpretation = (scores, classes) => {
  const top = Math.max(...scores);
  const sum = scores.reduce((all, score) => all + exp(score - top), 0);
  return [classes[scores.indexOf(top)]!, ...scores.map((score) => rounded(exp(score - top) / sum))];
};

/** Interprets one score per class that is not a logit: shows the scores themselves. */
export const byScore: Interpretation = (scores, classes) => [
  classes[scores.indexOf(Math.max(...scores))]!,
  ...scores.map(rounded),
];

/** Interprets the logit of the second of two classes: the sigmoid computes the probabilities. */
export const bySecondLogit: Interpretation = ([logit], classes) => bySecond(sigmoid(logit!), classes);

/** Interprets the output of a unit step: 0 selects the first of two classes, and 1 the second. */
export const bySecondStep: Interpretation = ([step], classes) => bySecond(step!, classes);

function bySecond(share: number, classes: readonly Cell[]): Cell[] {
  return [classes[share < 0.5 ? 0 : 1]!, rounded(1 - share), rounded(share)];
}

/** Interprets the score of a margin loss: a score below 0 selects the first of two classes. */
export const byMargin: Interpretation = ([score], classes) => [
  classes[score! < 0 ? 0 : 1]!,
  rounded(-score!),
  rounded(score!),
];

/** Converts a number to original units, with as many decimals as the training data suggests. */
export const inTargetUnits: Interpretation = (
  [value],
  _,
  { shift, span, decimals } = { shift: 0, span: 1 },
) => [inDecimals(value! * span + shift, decimals)];

/** Rounds to this number of decimals, but to at most 7 significant digits. Adding 0 turns −0 into 0. */
function inDecimals(value: number, decimals: number | undefined): number {
  const isShort = decimals !== undefined && Math.abs(value) < Number(`1e${7 - decimals}`);
  return (isShort ? Number(value.toFixed(decimals)) : rounded(value)) + 0;
}

/** Converts the logarithm of a number to the number. */
export const ofLogarithm: Interpretation = ([value], _, { shift, span } = { shift: 0, span: 1 }) => [
  rounded(exp(value!) * span + shift),
];

/** Converts the logit of a probability to the probability. */
export const ofLogit: Interpretation = ([value], _, { shift, span } = { shift: 0, span: 1 }) => [
  rounded(sigmoid(value!) * span + shift),
];
