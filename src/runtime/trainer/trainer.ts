// The public types of a trainer.
import type { CheckpointMetadata } from "../checkpoints/checkpoint.ts";
import type { Backend, Numbers, Summary } from "../step/machine.ts";
import type { EarlyStopping } from "../model/facts.ts";
import type { Batch } from "../step/batch.ts";

/** Options of training. The spec defines their defaults. */
export interface FitOptions {
  /** The number of epochs to train, in addition to the completed epochs. */
  epochs?: number | undefined;
  /** The number of rows per batch, at most the batch size of the model. */
  batchSize?: number | undefined;
  /** Validation data, or the fraction of the rows to set aside for validation (0: none). */
  validation?: Batch | number | undefined;
  earlyStopping?: EarlyStopping | false | undefined;
  /**
   * Whether training ends with the parameters of the best epoch or of the last epoch. The default is "best"
   * with validation or early stopping.
   */
  keep?: "best" | "last" | undefined;
  /** Whether the rows are shuffled in each epoch. */
  shuffle?: boolean | undefined;
}

/** The result of one epoch. */
export interface EpochReport {
  /** The number of the epoch, counted from 1. Epochs before a loaded checkpoint are included. */
  epoch: number;
  /** The mean of the losses before each step, weighted by rows. */
  loss: number;
  /** The metrics on the training rows after the epoch, computed in evaluation mode. */
  metrics: Record<string, number>;
  validation?: Summary;
  /** The learning rate of the last step. */
  learningRate: number;
  /** Whether this is the best epoch so far. */
  best: boolean;
  /** Present if training pauses inside the epoch. The loss then covers only the rows so far. */
  soFar?: EpochPosition;
}

/** A position inside an epoch: `step` of its `steps` steps are complete, and they used `rows` rows. */
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

/** A model with its parameters. It can train, evaluate, predict and save. */
export interface Trainer {
  /** Live views of the parameters. Writing to them changes the model. */
  readonly parameters: Record<string, Numbers>;
  /**
   * Live views of the gradients that the last gradient() or step() computed. They do not include clipping or
   * weight decay.
   */
  readonly gradients: Record<string, Numbers>;
  /** The kind of kernels that run: "relaxed" or "simd" (WebAssembly), or "ts" (TypeScript). */
  readonly backend: Backend;
  /** The random seed. */
  readonly seed: number;
  /** The number of completed epochs, including those of a loaded checkpoint. */
  readonly epoch: number;
  /** Takes one optimizer step. Returns the mean loss before the update. */
  step(batch: Batch): number;
  /**
   * Takes `count` optimizer steps over any number of rows, batch by batch in order. After the last row,
   * continues with the first. Returns the mean of the losses before each step, weighted by rows. Throws
   * TrainingDiverged at the first loss that is not finite. Checks each row only when a step uses it.
   */
  steps(data: Batch, count: number): number;
  /** Computes the gradients of a batch without an update. Returns the mean loss. */
  gradient(batch: Batch): number;
  /**
   * Returns the loss and metrics of a batch in evaluation mode: without dropout, and with running statistics.
   */
  evaluate(batch: Batch): Summary;
  /** Returns the loss and metrics over any number of rows, in evaluation mode. */
  evaluateAll(data: Batch): Summary;
  /** Returns the output of the network, row-major, in a new array. */
  predict(inputs: Batch): Numbers;
  /**
   * Trains on any number of rows. Yields a report after each epoch, so that the caller can show it, wait or
   * stop.
   */
  epochs(data: Batch, options?: FitOptions): Generator<EpochReport, History>;
  /** Runs epochs() to the end, without yielding. */
  fit(data: Batch, options?: FitOptions): History;
  /**
   * Returns a checkpoint. Training that resumes from it is bit-identical to uninterrupted training. Adds
   * `metadata` to the metadata that was saved or loaded before.
   */
  save(metadata?: CheckpointMetadata): Uint8Array;
  /**
   * Restores a checkpoint of the same model and returns its metadata. If it throws, the trainer is unchanged.
   */
  load(checkpoint: Uint8Array): CheckpointMetadata;
}
