// K-fold cross-validation: one training per fold, then one on all rows outside the test split.
import type { Notes } from "../checkpoints/checkpoint.ts";
import { datasetOf } from "../data/dataset.ts";
import { InputError } from "../step/errors.ts";
import type { Summary } from "../step/machine.ts";
import { foldsOf } from "./folds.ts";
import type { OpenDataset } from "./folds.ts";
import { figureText, resultText } from "./train-on.ts";
import type { Regime, Run, Stage, TrainingResult } from "./train-on.ts";

// K-fold cross-validation, the training: one training for each fold, then one on all rows but those of the
// test, judged once. Only trainers of a spec with `folds` have this.

/** A fold's figures: those of its own rows after its best epoch. */
export type FoldResult = { bestEpoch: number } & Summary;

/** What the folds came to. */
export interface CrossValidation {
  /** The mean of the folds' best epochs, rounded: the model that is kept trains as long. */
  bestEpoch: number;
  folds: readonly FoldResult[];
  /** The mean of the folds' figures, and their sample deviation. */
  validation: Summary;
  deviation: Summary;
}

/** What such a run comes to. */
export type FoldedResult = TrainingResult & CrossValidation;

/** The whole run: the folds, then the model that is kept. */
export async function trainOnFolds(run: Run): Promise<FoldedResult> {
  return trainAndJudge(run, await crossValidate(run));
}

/** Trains on each fold and validates on its rows. No row of the test is in reach. */
export async function crossValidate(run: Run): Promise<CrossValidation> {
  return validateFolds(run, foldsOf(run));
}

/** The same on folds that are made already. */
export async function validateFolds(
  run: Omit<Run, "source" | "warn">,
  datasets: readonly (() => OpenDataset)[],
): Promise<CrossValidation> {
  const { training, epochs, trainer } = run;
  const { seed } = trainer;
  // Each fold is judged after its best epoch, even if nothing stops it early.
  const { earlyStopping = { patience: epochs } } = training;
  const done = foldsDone(run);
  const folds = [...done];
  for (const dataset of datasets.slice(done.length)) {
    // Every trainer starts from the same seed; the first may have done so before, in a run that was interrupted.
    const own = folds.length === done.length ? trainer : run.createTrainer({ seed });
    const name = `fold ${folds.length + 1}/${datasets.length}: `;
    const notes = { epochs, folds: [...folds] };
    const { bestEpoch, validation } = await run.train(own, dataset(), { name, epochs, earlyStopping, notes });
    folds.push({ bestEpoch, loss: NaN, ...validation });
  }
  const { bestEpoch, ...validation } = overFolds(folds, mean);
  const { bestEpoch: _, ...deviation } = overFolds(folds, sampleDeviation);
  return { bestEpoch: Math.round(bestEpoch), folds, validation, deviation };
}

/** Trains on all rows but those of the test for as long as the folds found best, and is judged on the test. */
export async function trainAndJudge(
  run: Run,
  { bestEpoch, folds, ...figures }: CrossValidation,
): Promise<FoldedResult> {
  const { source, placed, trainer } = run;
  const { seed } = trainer;
  const own = foldsDone(run).length < folds.length ? run.createTrainer({ seed }) : trainer;
  const dataset = datasetOf(run, source, seed, placed);
  const notes = { epochs: run.epochs, folds };
  const stage: Stage = { name: "all folds: ", epochs: bestEpoch, earlyStopping: false, notes };
  const { model, epochs, train, test, samples } = await run.train(own, dataset, stage);
  return { model, epochs, bestEpoch, folds, train, ...figures, ...(test && { test }), samples };
}

/** The folds that a checkpoint says are done. */
export const foldsIn = ({ folds }: Notes): readonly FoldResult[] => (Array.isArray(folds) ? folds : []);

/** What is to be known of a checkpoint's model if the folds of its run were not done yet. */
export function unfinishedText(folds: number | undefined, notes: Notes): string | undefined {
  const done = foldsIn(notes).length;
  if (notes.folds === undefined || folds === undefined || done >= folds) return undefined;
  return (
    `the checkpoint is of fold ${done + 1} of ${folds}: its model has not learned from the rows of that fold, ` +
    "and is not the one that is kept when the run is finished (--resume goes on with it)"
  );
}

/** Those that were done when the checkpoint was written that the run goes on from. */
function foldsDone({
  resume,
  resumed = {},
  epochs,
  placed,
}: Omit<Run, "source" | "warn">): readonly FoldResult[] {
  if (resume === undefined) return foldsIn(resumed);
  return placed(resume, () => {
    if (!Array.isArray(resumed.folds) || !foldsIn(resumed).every((fold) => fold?.bestEpoch >= 0))
      throw new InputError("the checkpoint does not say to which fold it belongs");
    if (resumed.epochs === epochs) return foldsIn(resumed);
    throw new InputError(
      `its folds were to train for ${resumed.epochs} epochs, this run's for ${epochs}: add --epochs ${resumed.epochs}`,
    );
  });
}

/** What `of` makes of each figure's values. */
function overFolds(folds: readonly FoldResult[], of: (values: readonly number[]) => number): FoldResult {
  const [first] = folds;
  const figures = Object.keys(first).map((name) => [name, of(folds.map((fold) => fold[name]))]);
  return { ...first, ...Object.fromEntries(figures) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** √(Σ (x − x̄)² / (n − 1)). */
function sampleDeviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0);
  return Math.sqrt(squares / (values.length - 1));
}

// Cross-validation as the regime of a run, and its result as a table. Only trainers of a spec with
// `folds` have this.

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
