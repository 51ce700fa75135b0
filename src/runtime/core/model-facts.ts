// What a trainer knows about its model and how the spec says to train it: plain data, written out by the emitter.

/** The model: names, shapes (without the batch axis) and what it was compiled for. */
export interface ModelFacts {
  name: string;
  /** SHA-256 of the canonical spec: a checkpoint fits a model with the same one. */
  specHash: string;
  dtype: "f32" | "f64";
  target: "ts" | "wasm";
  /** The most rows that one step takes. */
  batchSize: number;
  /**
   * `vocabulary`: an input of indices, each from 0 to vocabulary − 1. `onlyLoss`: the network does not read
   * it, so predicting needs none. `least`: a lower bound.
   */
  inputs: Record<
    string,
    { shape: number[]; dtype: string; vocabulary?: number; onlyLoss?: boolean; least?: number }
  >;
  /** `classes`: a target of indices, each from 0 to classes − 1, or −1 for "left out". */
  targets: Record<string, { shape: number[]; classes?: number }>;
  parameters: { name: string; shape: number[]; trainable: boolean }[];
}

/**
 * When to give up: after `patience` epochs in which the metric (the loss, if none is named) did not improve
 * by more than `minDelta`.
 */
export interface EarlyStopping {
  patience: number;
  metric?: string;
  minDelta?: number;
}

/** The training section of the spec, every default filled in. */
export interface TrainingFacts {
  epochs: number;
  seed: number;
  shuffle: boolean;
  /** How many batches make a step, if more than one. */
  accumulate?: number;
  /** The metrics of the spec, by name, as the machine's `summarise` gives them. */
  metrics: readonly string[];
  /** Those of them that are the better the higher they are. */
  rising?: readonly string[];
  /** Shares of all rows, at least 0 and together below 1. */
  test?: number;
  validation?: number;
  /** Cross-validation in so many folds, instead of a validation part. */
  folds?: number;
  /** Whether the parts keep the classes in proportion. */
  stratify: boolean;
  earlyStopping?: EarlyStopping;
}

/** How many numbers one row of this shape takes. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
