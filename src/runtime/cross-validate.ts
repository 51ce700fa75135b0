// K-fold cross-validation, the training: one training for each fold, then one on all rows but those of the test, judged once. Only
// trainers of a spec with `folds` have this.
import { datasetOf, type Dataset, type Placing, type Preparing, type Source } from "./dataset.ts";
import { foldsOf } from "./folds.ts";
import type { Summary } from "./machine.ts";
import type { TrainingResult } from "./train-on.ts";
import type { FitOptions, Trainer } from "./trainer.ts";

/** A fold's figures: those of its own rows after its best epoch. */
export type FoldResult = { bestEpoch: number } & Summary;

/** What the folds came to. */
export interface CrossValidation {
  /** The mean of the folds' best epochs: the model that is kept trains as long. */
  bestEpoch: number;
  folds: readonly FoldResult[];
  /** The mean of the folds' figures, and their sample deviation. */
  validation: Summary;
  deviation: Summary;
}

/** One of the trainings that a run consists of. */
export interface Stage extends Pick<FitOptions, "earlyStopping"> {
  /** Which one it is, for people. */
  name: string;
  epochs: number;
  /** The folds before it: with them, a checkpoint says where the run stands. */
  folds: readonly FoldResult[];
}

/** A run of several trainings, as its host carries it out. */
export interface Run {
  preparing: Preparing;
  source: Source;
  placed: Placing;
  /** How many epochs each fold trains at most. */
  epochs: number;
  /** The folds that are done, where a checkpoint goes on. */
  done: readonly FoldResult[];
  /** What trains first after them: fresh, or as the checkpoint left it. Every other trainer starts from the same seed. */
  trainer: Trainer;
  createTrainer(options: { seed: number }): Trainer;
  /** Trains until the stage's epochs are done; saves and tells in the host's way. */
  train(trainer: Trainer, dataset: Dataset, stage: Stage): Promise<TrainingResult>;
}

/** Trains on each fold and validates on its rows. No row of the test is in reach. */
export async function crossValidate(run: Run): Promise<CrossValidation> {
  const { preparing, source, placed, epochs, done, trainer } = run;
  const { seed } = trainer;
  // Each fold is judged after its best epoch, even if nothing stops it early.
  const { earlyStopping = { patience: epochs } } = preparing.training;
  const datasets = foldsOf(preparing, source, seed, placed);
  const folds = [...done];
  for (const dataset of datasets.slice(done.length)) {
    const own = folds.length === done.length ? trainer : run.createTrainer({ seed });
    const name = `fold ${folds.length + 1}/${datasets.length}`;
    const stage = { name, epochs, earlyStopping, folds: [...folds] };
    const { bestEpoch, validation } = await run.train(own, dataset(), stage);
    folds.push({ bestEpoch, loss: NaN, ...validation });
  }
  const { bestEpoch, ...validation } = overFolds(folds, mean);
  const { bestEpoch: _, ...deviation } = overFolds(folds, sampleDeviation);
  return { bestEpoch: Math.round(bestEpoch), folds, validation, deviation };
}

/** Trains on all rows but those of the test for as long as the folds found best, and is judged on the test. */
export async function trainAndJudge(run: Run, found: CrossValidation): Promise<TrainingResult> {
  const { preparing, source, placed, done, trainer } = run;
  const { seed } = trainer;
  const { bestEpoch, folds, validation, deviation } = found;
  const own = done.length < folds.length ? run.createTrainer({ seed }) : trainer;
  const stage = { name: "all folds", epochs: bestEpoch, earlyStopping: false as const, folds };
  const trained = await run.train(own, datasetOf(preparing, source, seed, placed), stage);
  const { model, epochs, train, test, samples } = trained;
  return { model, epochs, bestEpoch, folds, train, validation, deviation, ...(test && { test }), samples };
}

/** The whole run. */
export const trainOnFolds = async (run: Run): Promise<TrainingResult> =>
  trainAndJudge(run, await crossValidate(run));

/** What `of` makes of each figure's values. */
function overFolds(folds: readonly FoldResult[], of: (values: readonly number[]) => number): FoldResult {
  const [first] = folds;
  const figures = Object.keys(first).map((name) => [name, of(folds.map((fold) => fold[name]))]);
  return { ...first, ...Object.fromEntries(figures) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** √(Σ (x − x̄)² / (n − 1)). */
const sampleDeviation = (values: readonly number[]): number => {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
};
