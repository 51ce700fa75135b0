/**
 * What a choice between models needs of each: how well it does before the test is asked, on a validation part
 * or on folds; and the one judgement of the model that was chosen. Both train from scratch and say nothing;
 * equal candidates give equal numbers.
 */
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { trainAndJudge, validateFolds } from "../../runtime/training/cross-validate.ts";
import type { CrossValidation } from "../../runtime/training/cross-validate.ts";
import {
  classesOf,
  datasetOf,
  datasetOfRows,
  type Placing,
  type Preparing,
  type Source,
} from "../../runtime/data/dataset.ts";
import { foldsOf, type OpenDataset } from "../../runtime/training/folds.ts";
import type { Summary } from "../../runtime/step/machine.ts";
import { inOwnUnits } from "../../runtime/training/own-units.ts";
import { splitRows } from "../../runtime/data/split.ts";
import { trainOn, type Run, type TrainingResult } from "../../runtime/training/train-on.ts";

/** A compiled model. */
export interface Compiled {
  readonly emitted: EmittedModule;
  readonly preparing: Preparing;
  /** The spec's if left out. */
  readonly seed?: number;
  readonly epochs?: number;
}

/** How rows are read and cut. */
export interface Opening {
  readonly preparing: Preparing;
  readonly source: Source;
  readonly placed: Placing;
  /** The spec's if left out. */
  readonly seed?: number;
  /** Says what is doubtful about the rows. */
  warn?(text: string): void;
}

/** A compiled model and its data. */
export type Candidate = Compiled & Opening;

/** How well a model does on rows that it was not trained on; of folds the mean, with their deviation. */
export type Validation = CrossValidation | { readonly bestEpoch: number; readonly validation: Summary };

/**
 * What is needed to validate: the training and validation parts, or those of each fold. No row of the test
 * part is among them.
 */
export function openDatasets({ preparing, source, placed, ...given }: Opening): OpenDataset[] {
  const { training } = preparing;
  const { seed = training.seed, warn = () => {} } = given;
  if (training.folds !== undefined)
    return foldsOf({ ...preparing, source, placed, warn, trainer: { seed } }).map((fold) => fold());
  const { file, table } = source;
  return placed(file, () => {
    const split = splitRows(table.rows, training, seed, classesOf(preparing, table));
    return [datasetOfRows(preparing, table, { ...split, test: new Int32Array(0) })];
  });
}

/** Throws if the spec sets no rows aside. No row of the test part is in reach. */
export const validateModel = (candidate: Candidate): Promise<Validation> =>
  validateOn(candidate, openDatasets(candidate));

/** The same on rows that are read and cut already. */
export async function validateOn(compiled: Compiled, datasets: readonly OpenDataset[]): Promise<Validation> {
  const run = runOf(compiled);
  if (run.training.folds !== undefined)
    return validateFolds(
      run,
      datasets.map((dataset) => () => dataset),
    );
  const { bestEpoch, validation } = await run.train(run.trainer, datasets[0], { epochs: run.epochs });
  if (validation === undefined) throw new Error("internal: a spec without validation was to be validated");
  return { bestEpoch, validation };
}

/** Trains the model once more, after folds on their rows together, and asks the test: what `train` tells of it. */
export async function judgeModel(candidate: Candidate, found: Validation): Promise<TrainingResult> {
  const { source, placed } = candidate;
  const run = { ...runOf(candidate), source, placed, warn: () => {} };
  const { epochs, trainer } = run;
  if ("folds" in found) return trainAndJudge({ ...run, resumed: { folds: found.folds } }, found);
  return run.train(trainer, datasetOf(run, source, trainer.seed, placed), { epochs });
}

function runOf({ emitted, preparing, seed, epochs }: Compiled): Omit<Run, "source" | "warn"> {
  const { model, training } = preparing;
  return {
    ...preparing,
    placed: (_, work) => work(),
    epochs: epochs ?? training.epochs,
    trainer: emitted.createTrainer({ seed: seed ?? training.seed }),
    createTrainer: emitted.createTrainer,
    train: (trainer, dataset, stage) =>
      trainOn(model, training, inOwnUnits(trainer, preparing, dataset), dataset, stage),
  };
}
