/**
 * Model selection: validates a model on a validation split or on folds, and tests the selected model. Both
 * train from scratch and print nothing; equal candidates have equal results.
 */
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { trainAndJudge, validateFolds } from "../../runtime/training/cross-validate.ts";
import type { CrossValidation } from "../../runtime/training/cross-validate.ts";
import {
  classesOf,
  datasetOf,
  datasetOfRows,
  type LocateErrors,
  type DatasetContext,
  type Source,
} from "../../runtime/data/dataset.ts";
import { ruledDatasetOf } from "../../runtime/data/ruled-dataset.ts";
import { foldsOf, type OpenDataset } from "../../runtime/training/folds.ts";
import {
  ruledFolds,
  ruledFoldsRegime,
  ruledRegime,
  warnOfGaps,
} from "../../runtime/training/ruled-training.ts";
import type { Summary } from "../../runtime/step/machine.ts";
import { inUnitsOfTargets } from "../../runtime/training/units-of-targets.ts";
import { splitRows } from "../../runtime/data/split.ts";
import { trainOn, type Run, type TrainingResult } from "../../runtime/training/train-on.ts";

/** A compiled model. */
export interface Compiled {
  readonly emitted: EmittedModule;
  readonly context: DatasetContext;
  /** Default: the spec's. */
  readonly seed?: number;
  readonly epochs?: number;
}

/** The options for reading and splitting rows. */
export interface DataOptions {
  readonly context: DatasetContext;
  readonly source: Source;
  readonly locateErrors: LocateErrors;
  /** Default: the spec's. */
  readonly seed?: number;
  /** Reports warnings about the rows. */
  warn?(text: string): void;
}

/** A compiled model and its data. */
export type Candidate = Compiled & DataOptions;

/** Loss and metrics on rows that the model was not trained on; with folds, means and standard deviations. */
export type Validation = CrossValidation | { readonly bestEpoch: number; readonly validation: Summary };

/** The training and validation splits, or those of each fold, without the rows of the test split. */
export function openDatasets({ context, source, locateErrors, ...given }: DataOptions): OpenDataset[] {
  const { training } = context;
  const { seed = training.seed, warn = () => {} } = given;
  const isRuled = context.data.splitRules !== undefined;
  if (isRuled) warnOfGaps({ ...context, source, locateErrors, warn });
  if (training.folds !== undefined) {
    const run = { ...context, source, locateErrors, warn, trainer: { seed } };
    return (isRuled ? ruledFolds(run).folds : foldsOf(run)).map((fold) => fold());
  }
  if (isRuled) {
    const { train, validation, fields } = ruledDatasetOf(context, source, seed, locateErrors);
    return [{ train, ...(validation && { validation }), fields }];
  }
  const { file, table } = source;
  return locateErrors(file, () => {
    const split = splitRows(table.rows, training, seed, classesOf(context, table));
    return [datasetOfRows(context, table, { ...split, test: new Int32Array(0) })];
  });
}

/** Validates a candidate without access to the test split. Throws if the spec has no validation rows. */
export const validateModel = (candidate: Candidate): Promise<Validation> =>
  validateOn(candidate, openDatasets(candidate));

/** Validates a model on rows that are already read and split. */
export async function validateOn(compiled: Compiled, datasets: readonly OpenDataset[]): Promise<Validation> {
  const run = runOf(compiled);
  if (run.training.folds !== undefined)
    return validateFolds(
      run,
      datasets.map((dataset) => () => dataset),
    );
  const { bestEpoch, validation } = await run.train(run.trainer, datasets[0], { epochs: run.epochs });
  if (validation === undefined) throw new Error("internal: the spec has no validation rows");
  return { bestEpoch, validation };
}

/**
 * Trains the model again (with folds: on the rows of all folds) and evaluates it on the test split, like
 * `train`.
 */
export async function testModel(candidate: Candidate, found: Validation): Promise<TrainingResult> {
  const { source, locateErrors } = candidate;
  // The folds are not trained again.
  const resumed = "folds" in found ? { folds: found.folds } : {};
  const run: Run = { ...runOf(candidate), source, locateErrors, resumed, warn: () => {} };
  const { epochs, trainer } = run;
  if (run.data.splitRules !== undefined)
    return ("folds" in found ? ruledFoldsRegime : ruledRegime).train(run);
  if ("folds" in found) return trainAndJudge(run, found);
  return run.train(trainer, datasetOf(run, source, trainer.seed, locateErrors), { epochs });
}

function runOf({ emitted, context, seed, epochs }: Compiled): Omit<Run, "source" | "warn"> {
  const { model, training } = context;
  return {
    ...context,
    locateErrors: (_, work) => work(),
    epochs: epochs ?? training.epochs,
    trainer: emitted.createTrainer({ seed: seed ?? training.seed }),
    createTrainer: emitted.createTrainer,
    train: (trainer, dataset, stage) =>
      trainOn(model, training, inUnitsOfTargets(trainer, context, dataset), dataset, stage),
  };
}
