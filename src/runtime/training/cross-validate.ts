// K-fold cross-validation: trains one model per fold, then a final model on all rows outside the test split.
import type { CheckpointMetadata } from "../checkpoints/checkpoint.ts";
import { datasetOf } from "../data/dataset.ts";
import { InputError } from "../step/errors.ts";
import type { Summary } from "../step/machine.ts";
import { foldsOf } from "./folds.ts";
import type { OpenDataset } from "./folds.ts";
import { figureText, resultText } from "./train-on.ts";
import type { Regime, Run, Stage, TrainingResult } from "./train-on.ts";

/**
 * The result of a fold: loss and metrics on its validation rows, after its best epoch or, with `keep:
 * "last"`, after its last epoch.
 */
export type FoldResult = { bestEpoch: number } & Summary;

/** The result of all folds. */
export interface CrossValidation {
  /** The rounded mean of the folds' best epochs. The final model is trained for this many epochs. */
  bestEpoch: number;
  folds: readonly FoldResult[];
  /** Mean and sample standard deviation over the folds. */
  validation: Summary;
  deviation: Summary;
}

/** The result of a cross-validated run. */
export type FoldedResult = TrainingResult & CrossValidation;

/** Performs the whole run: trains the folds, then the final model. */
export async function trainOnFolds(run: Run): Promise<FoldedResult> {
  return trainAndJudge(run, await crossValidate(run));
}

/** Trains and validates each fold. The test rows are not used. */
export async function crossValidate(run: Run): Promise<CrossValidation> {
  return validateFolds(run, foldsOf(run));
}

/** Trains and validates these folds. */
export async function validateFolds(
  run: Omit<Run, "source" | "warn">,
  datasets: readonly (() => OpenDataset)[],
): Promise<CrossValidation> {
  const { training, epochs, trainer } = run;
  const { seed } = trainer;
  const done = foldsDone(run);
  const folds = [...done];
  for (const dataset of datasets.slice(done.length)) {
    // All trainers start from the same seed. A resumed run continues its first fold with the restored
    // trainer.
    const own = folds.length === done.length ? trainer : run.createTrainer({ seed });
    const name = `fold ${folds.length + 1}/${datasets.length}: `;
    const metadata = { epochs, folds: [...folds] };
    const result = await run.train(own, dataset(), { name, epochs, metadata });
    const bestEpoch = training.keep === "last" ? result.epochs : result.bestEpoch;
    folds.push({ bestEpoch, loss: NaN, ...result.validation });
  }
  const { bestEpoch, ...validation } = overFolds(folds, mean);
  const { bestEpoch: _, ...deviation } = overFolds(folds, sampleDeviation);
  return { bestEpoch: Math.round(bestEpoch), folds, validation, deviation };
}

/**
 * Trains the final model on all rows outside the test split, for the rounded mean of the folds' best epochs,
 * and evaluates it on the test split.
 */
export async function trainAndJudge(
  run: Run,
  { bestEpoch, folds, ...figures }: CrossValidation,
): Promise<FoldedResult> {
  const { source, locateErrors, trainer } = run;
  const { seed } = trainer;
  const own = foldsDone(run).length < folds.length ? run.createTrainer({ seed }) : trainer;
  const dataset = datasetOf(run, source, seed, locateErrors);
  const metadata = { epochs: run.epochs, folds };
  const stage: Stage = { name: "all folds: ", epochs: bestEpoch, earlyStopping: false, metadata };
  const { model, epochs, train, test, samples } = await run.train(own, dataset, stage);
  return { model, epochs, bestEpoch, folds, train, ...figures, ...(test && { test }), samples };
}

/** The results of the folds that were completed when a checkpoint was saved. */
export const foldsIn = ({ folds }: CheckpointMetadata): readonly FoldResult[] =>
  Array.isArray(folds) ? folds : [];

/** Returns a warning if not all folds were completed when the checkpoint was saved. */
export function unfinishedText(folds: number | undefined, metadata: CheckpointMetadata): string | undefined {
  const done = foldsIn(metadata).length;
  if (metadata["folds"] === undefined || folds === undefined || done >= folds) return undefined;
  return (
    `the checkpoint contains the model of fold ${done + 1} of ${folds}, not the final model, which learns ` +
    "from all folds (--resume continues the run)"
  );
}

/** The results of the folds that were completed before the run was resumed. */
function foldsDone({
  resume,
  resumed = {},
  epochs,
  locateErrors,
}: Omit<Run, "source" | "warn">): readonly FoldResult[] {
  if (resume === undefined) return foldsIn(resumed);
  return locateErrors(resume, () => {
    if (!Array.isArray(resumed["folds"]) || !foldsIn(resumed).every((fold) => fold?.bestEpoch >= 0))
      throw new InputError("the checkpoint has no valid fold results");
    const { epochs: trained } = resumed;
    if (trained === epochs) return foldsIn(resumed);
    throw new InputError(
      `the folds have ${trained} epochs, but this run has ${epochs}: use --epochs ${trained}`,
    );
  });
}

/** Applies `of` to the values of each metric in all folds. */
function overFolds(folds: readonly FoldResult[], of: (values: readonly number[]) => number): FoldResult {
  const first = folds[0]!;
  const figures = Object.keys(first).map((name) => [name, of(folds.map((fold) => fold[name]!))]);
  return { ...first, ...Object.fromEntries(figures) };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** √(Σ (x − x̄)² / (n − 1)). */
function sampleDeviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** The regime of a run with cross-validation. */
export const foldedRegime: Regime = {
  train: (run) => trainOnFolds(run),
  doubt: ({ folds }, metadata) => unfinishedText(folds, metadata),
  text: (result) => (isFolded(result) ? foldedText(result) : resultText(result)),
};

const isFolded = (result: TrainingResult): result is FoldedResult => "folds" in result;

/** The result as text: a table of the folds, their mean and standard deviation, then the final model. */
function foldedText({ folds, bestEpoch, validation, deviation, ...kept }: FoldedResult): string {
  const figures = Object.keys(validation);
  const lineOf = (name: string | number, best: string | number, own: Summary) =>
    [name, best, ...figures.map((figure) => figureText(own[figure]!))].map(String);
  const lines = [
    ["fold", "best epoch", ...figures],
    ...folds.map((fold, i) => lineOf(i + 1, fold.bestEpoch, fold)),
    lineOf("mean", bestEpoch, validation),
    lineOf("deviation", "", deviation),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const cellOf = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!);
  const table = lines.map((line) => line.map(cellOf).join("  ")).join("\n");
  // The table already contains the best epoch.
  return `${table}\n${resultText({ ...kept, bestEpoch: 0 })}`;
}
