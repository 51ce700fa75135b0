// Interpretations of the network's output: classes and probabilities, or numbers in original units. Loss and
// target determine which interpretation a trainer has.
import { exp, sigmoid } from "../numbers/exponential.ts";
import type { Scale } from "../data/fields.ts";

/** A cell of the table of predictions. */
export type Cell = string | number;

/**
 * Converts the scores of one target column to cells. For classes: the name of the most likely class, then a
 * number for each class. For real numbers: the prediction in original units.
 */
export type Interpretation = (scores: readonly number[], classes: readonly Cell[], scale?: Scale) => Cell[];

/** Rounds to 7 significant digits, the precision of f32. */
const rounded = (value: number): number => +value.toPrecision(7);

/** For the logits of classes: probabilities by softmax. */
export const byProbability: Interpretation = (scores, classes) => {
  const top = Math.max(...scores);
  const sum = scores.reduce((all, score) => all + exp(score - top), 0);
  return [classes[scores.indexOf(top)], ...scores.map((score) => rounded(exp(score - top) / sum))];
};

/** For one score per class: the scores themselves. */
export const byScore: Interpretation = (scores, classes) => [
  classes[scores.indexOf(Math.max(...scores))],
  ...scores.map(rounded),
];

/** For the logit of the second of two classes: probabilities by the sigmoid. */
export const bySecondLogit: Interpretation = ([logit], classes) => bySecond(sigmoid(logit), classes);

/** For a step function: 0 selects the first of two classes, 1 the second. */
export const bySecondStep: Interpretation = ([step], classes) => bySecond(step, classes);

function bySecond(share: number, classes: readonly Cell[]): Cell[] {
  return [classes[share < 0.5 ? 0 : 1], rounded(1 - share), rounded(share)];
}

/** For a margin: a score below 0 selects the first of two classes. */
export const byMargin: Interpretation = ([score], classes) => [
  classes[score < 0 ? 0 : 1],
  rounded(-score),
  rounded(score),
];

/** For a scaled number: the number in original units, written like the training data. */
export const inTargetUnits: Interpretation = (
  [value],
  _,
  { shift, span, decimals } = { shift: 0, span: 1 },
) => [inDecimals(value * span + shift, decimals)];

/** Rounds to these decimals, but to at most 7 significant digits. The sum turns −0 into 0. */
function inDecimals(value: number, decimals: number | undefined): number {
  const isShort = decimals !== undefined && Math.abs(value) < Number(`1e${7 - decimals}`);
  return (isShort ? Number(value.toFixed(decimals)) : rounded(value)) + 0;
}

/** For the logarithm of a number: the number. */
export const ofLogarithm: Interpretation = ([value], _, { shift, span } = { shift: 0, span: 1 }) => [
  rounded(exp(value) * span + shift),
];

/** For the logit of a probability: the probability. */
export const ofLogit: Interpretation = ([value], _, { shift, span } = { shift: 0, span: 1 }) => [
  rounded(sigmoid(value) * span + shift),
];
