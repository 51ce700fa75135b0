// The public types of a trainer.
import type { CheckpointMetadata } from "../checkpoints/checkpoint.ts";
import type { Backend, Numbers, Summary } from "../step/machine.ts";
import type { EarlyStopping } from "../model/facts.ts";
import type { Batch } from "../step/batch.ts";

/** Options of training. Their defaults are in the spec. */
export interface FitOptions {
  /** The number of further epochs. */
  epochs?: number | undefined;
  /** Rows per batch, at most the batch size of the model. */
  batchSize?: number | undefined;
  /** Validation data, or the fraction of the rows to set aside for validation (0: none). */
  validation?: Batch | number | undefined;
  earlyStopping?: EarlyStopping | false | undefined;
  /**
   * The parameters at the end: those of the best epoch (the default with validation or early stopping), or those of
   * the last.
   */
  keep?: "best" | "last" | undefined;
  /** Whether each epoch shuffles the rows. */
  shuffle?: boolean | undefined;
}

/** The result of one epoch. */
export interface EpochReport {
  /** Counted from 1 over all runs, including those before a checkpoint. */
  epoch: number;
  /** The loss before each step, averaged over the rows. */
  loss: number;
  /** Metrics of the training rows after the epoch, in evaluation mode. */
  metrics: Record<string, number>;
  validation?: Summary;
  /** The learning rate of the last step. */
  learningRate: number;
  /** Whether this is the best epoch so far. */
  best: boolean;
  /** Present if the training pauses inside the epoch. The loss is then that of its rows so far. */
  soFar?: EpochPosition;
}

/** A point inside an epoch: its steps so far, of how many, and their rows. */
export interface EpochPosition {
  step: number;
  steps: number;
  rows: number;
}

/** The result of a run. */
export interface History {
  epochs: EpochReport[];
  /** The best epoch, or 0 if there is none. */
  bestEpoch: number;
  stoppedEarly: boolean;
}

/** A model with its parameters: trains, evaluates, predicts, saves. */
export interface Trainer {
  /** Live views of the parameters: writing to them changes the model. */
  readonly parameters: Record<string, Numbers>;
  /**
   * Live views of the gradients that gradient() or step() computed last, before clipping and weight decay.
   */
  readonly gradients: Record<string, Numbers>;
  /** What runs the kernels. */
  readonly backend: Backend;
  /** The random seed. */
  readonly seed: number;
  /** The number of completed epochs, including those before a checkpoint. */
  readonly epoch: number;
  /** Takes one optimizer step. Returns the mean loss before the update. */
  step(batch: Batch): number;
  /**
   * Takes `count` optimizer steps over any number of rows, batch by batch in order. After the last row,
   * continues with the first. Returns the loss before each step, averaged over the rows. Throws
   * TrainingDiverged at a loss that is not finite. Rows are checked when they are used.
   */
  steps(data: Batch, count: number): number;
  /** Computes loss and gradients without an update. */
  gradient(batch: Batch): number;
  /** Loss and metrics of a batch in evaluation mode: no dropout, running statistics. */
  evaluate(batch: Batch): Summary;
  /** Loss and metrics over any number of rows. */
  evaluateAll(data: Batch): Summary;
  /** The output of the network, row-major, in a new array. */
  predict(inputs: Batch): Numbers;
  /** Trains on any number of rows. Yields after each epoch, so the caller can report, wait or stop. */
  epochs(data: Batch, options?: FitOptions): Generator<EpochReport, History>;
  /** Runs epochs() to the end. */
  fit(data: Batch, options?: FitOptions): History;
  /**
   * Returns a checkpoint from which training resumes with the same bits. Adds this metadata to what was
   * saved or loaded before.
   */
  save(metadata?: CheckpointMetadata): Uint8Array;
  /** Restores a checkpoint of the same model and returns its metadata. Changes nothing if it throws. */
  load(checkpoint: Uint8Array): CheckpointMetadata;
}
