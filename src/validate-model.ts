/**
 * What a choice between models needs of each: how well it does before the test is asked, on a validation part or on folds; and the one
 * judgement of the model that was chosen. Both train from scratch and say nothing; equal candidates give equal numbers.
 */
import type { EmittedModule } from "./load-trainer.ts";
import { crossValidate, trainAndJudge, type CrossValidation } from "./runtime/cross-validate.ts";
import {
  classesOf,
  datasetOf,
  datasetOfRows,
  type Placing,
  type Preparing,
  type Source,
} from "./runtime/dataset.ts";
import type { FoldedRun, OpenDataset } from "./runtime/folds.ts";
import type { Summary } from "./runtime/machine.ts";
import { inOwnUnits } from "./runtime/own-units.ts";
import { splitRows } from "./runtime/split.ts";
import { trainOn, type TrainingResult } from "./runtime/train-on.ts";

/** A compiled model and its data. */
export interface Candidate {
  readonly emitted: EmittedModule;
  readonly preparing: Preparing;
  readonly source: Source;
  readonly placed: Placing;
  /** The spec's if left out. */
  readonly seed?: number;
  readonly epochs?: number;
}

/** How well a model does on rows that it was not trained on; of folds the mean, with their deviation. */
export type Validation = CrossValidation | { readonly bestEpoch: number; readonly validation: Summary };

/** Throws if the spec sets no rows aside. No row of the test part is in reach. */
export async function validateModel(candidate: Candidate): Promise<Validation> {
  const run = runOf(candidate);
  if (candidate.preparing.training.folds !== undefined) return crossValidate(run);
  const { epochs, trainer } = run;
  const { bestEpoch, validation } = await run.train(trainer, heldOut(candidate, trainer.seed), { epochs });
  if (validation === undefined) throw new Error("internal: a spec without validation was to be validated");
  return { bestEpoch, validation };
}

/** The training and validation parts. */
function heldOut({ preparing, source: { file, table }, placed }: Candidate, seed: number): OpenDataset {
  return placed(file, () => {
    const split = splitRows(table.rows, preparing.training, seed, classesOf(preparing, table));
    return datasetOfRows(preparing, table, { ...split, test: new Int32Array(0) });
  });
}

/** Trains the model once more, after folds on their rows together, and asks the test. */
export async function judgeModel(candidate: Candidate, found: Validation): Promise<TrainingResult> {
  const run = runOf(candidate);
  const { epochs, trainer } = run;
  if ("folds" in found) return trainAndJudge({ ...run, resumed: { folds: found.folds } }, found);
  return run.train(trainer, datasetOf(run, run.source, trainer.seed, run.placed), { epochs });
}

function runOf({ emitted, preparing, source, placed, seed, epochs }: Candidate): FoldedRun {
  const { model, training } = preparing;
  return {
    ...preparing,
    source,
    placed,
    epochs: epochs ?? training.epochs,
    trainer: emitted.createTrainer({ seed: seed ?? training.seed }),
    createTrainer: emitted.createTrainer,
    train: (trainer, dataset, stage) =>
      trainOn(model, training, inOwnUnits(trainer, preparing, dataset), dataset, stage),
    warn: () => {},
  };
}
