// Cross-validation as the regime of a run, and its result as a table. Only trainers of a spec with
// `folds` have this.
import { trainOnFolds, unfinishedText, type FoldedResult } from "../training/cross-validate.ts";
import type { Summary } from "../core/machine.ts";
import { resultText, figureText, type Regime, type TrainingResult } from "../training/train-on.ts";

/** Folds first, then a training on all of them. */
export const foldedRegime: Regime = {
  train: (run) => trainOnFolds(run),
  doubt: ({ folds }, notes) => unfinishedText(folds, notes),
  text: (result) => (isFolded(result) ? foldedText(result) : resultText(result)),
};

const isFolded = (result: TrainingResult): result is FoldedResult => "folds" in result;

/** A line for each fold, their mean and deviation, numbers to the right; then what the model that is kept came to. */
function foldedText({ folds, bestEpoch, validation, deviation, ...kept }: FoldedResult): string {
  const figures = Object.keys(validation);
  const lineOf = (name: string | number, best: string | number, own: Summary) =>
    [name, best, ...figures.map((figure) => figureText(own[figure]))].map(String);
  const lines = [
    ["fold", "best epoch", ...figures],
    ...folds.map((fold, i) => lineOf(i + 1, fold.bestEpoch, fold)),
    lineOf("mean", bestEpoch, validation),
    lineOf("deviation", "", deviation),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const cellOf = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]);
  const table = lines.map((line) => line.map(cellOf).join("  ")).join("\n");
  // The best epoch stands in the table already.
  return `${table}\n${resultText({ ...kept, bestEpoch: 0 })}`;
}
