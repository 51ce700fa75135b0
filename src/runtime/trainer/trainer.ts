// What a trainer offers: the public types of every emitted module.
import type { Notes } from "../checkpoints/checkpoint-header.ts";
import type { Backend, Numbers, Summary } from "../core/machine.ts";
import type { EarlyStopping } from "../core/model-facts.ts";
import type { Batch } from "../core/slots.ts";

/** How to train; what is left out is as the spec says. */
export interface FitOptions {
  /** How many epochs to run, after those that this trainer has behind it. */
  epochs?: number;
  /** Rows of a step, at most the model's batch size. */
  batchSize?: number;
  /** Rows of their own to validate on, or the share of the data's rows to set aside for it (0: none). */
  validation?: Batch | number;
  earlyStopping?: EarlyStopping | false;
  /** Whether each epoch draws the rows in a new order. */
  shuffle?: boolean;
}

/** What one epoch came to. */
export interface EpochReport {
  /** Counted from 1 over the trainer's whole life, checkpoints included. */
  epoch: number;
  /** The mean over the epoch's rows of the loss before each step. */
  loss: number;
  /** Metrics of the training part after the epoch, in evaluation mode. */
  metrics: Record<string, number>;
  validation?: Summary;
  /** Of the epoch's last step. */
  learningRate: number;
  /** Whether no epoch before was better. */
  best: boolean;
}

/** What a run of epochs came to. */
export interface History {
  epochs: EpochReport[];
  /** 0 if there was none. */
  bestEpoch: number;
  stoppedEarly: boolean;
}

/** A model that can be trained, asked and saved. */
export interface Trainer {
  /** Live views: writing them sets the model. */
  readonly parameters: Record<string, Numbers>;
  /** Live views: what gradient() or step() computed last, before clipping and decay. */
  readonly gradients: Record<string, Numbers>;
  /** What runs its kernels here. */
  readonly backend: Backend;
  /** What all randomness of this trainer derives from. */
  readonly seed: number;
  /** How many epochs this trainer has behind it, checkpoints included. */
  readonly epoch: number;
  /** One optimizer step; the mean loss before the update. */
  step(batch: Batch): number;
  /**
   * `count` optimizer steps over any number of rows, batch after batch in their order and from the first
   * again; the mean, over the rows, of the loss before each step. Throws TrainingDiverged at a loss that is
   * not finite. A row that is wrong is told when its turn comes.
   */
  steps(data: Batch, count: number): number;
  /** Loss and gradients; nothing is updated. */
  gradient(batch: Batch): number;
  /** Loss and metrics of a batch: no dropout, running statistics. */
  evaluate(batch: Batch): Summary;
  /** The same over any number of rows. */
  evaluateAll(data: Batch): Summary;
  /** The network's output, row after row, as an array of its own. */
  predict(inputs: Batch): Numbers;
  /** Trains on any number of rows, an epoch at a time: the caller sees each, may wait, may stop. */
  epochs(data: Batch, options?: FitOptions): Generator<EpochReport, History>;
  /** Runs epochs() to its end. */
  fit(data: Batch, options?: FitOptions): History;
  /**
   * All that resuming needs: a trainer that loads it goes on with the same bits. It carries notes: these, and
   * those of before.
   */
  save(notes?: Notes): Uint8Array;
  /** Takes up a checkpoint of the same model, and gives its notes; changes nothing if it throws. */
  load(checkpoint: Uint8Array): Notes;
}
