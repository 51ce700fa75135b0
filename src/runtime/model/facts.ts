// Facts about the model and its training: plain data that the compiler writes into a trainer.

/** The model: names, shapes without the batch axis, and the options it was compiled with. */
export interface ModelFacts {
  name: string;
  /** SHA-256 of the canonical spec. Only models with the same hash can load its checkpoints. */
  specHash: string;
  dtype: "f32" | "f64";
  target: "ts" | "wasm";
  /** The largest number of rows in one batch. */
  batchSize: number;
  inputs: Record<string, FieldFacts>;
  targets: Record<string, FieldFacts>;
  parameters: { name: string; shape: number[]; trainable: boolean }[];
}

/** An input or target. */
export interface FieldFacts {
  shape: number[];
  /** "i32" for the integers of an input. */
  dtype?: string;
  /** The values are indices from 0 to vocabulary − 1. */
  vocabulary?: number;
  /** The values are class indices from 0 to classes − 1, or −1 where the label is missing. */
  classes?: number;
  /** Whether only the loss reads the input, so that prediction does not need it. */
  onlyLoss?: boolean;
  /** The lower bound of the values. */
  least?: number;
}

/**
 * Stops training after `patience` epochs without an improvement of the metric (by default the loss) of more
 * than `minDelta`.
 */
export interface EarlyStopping {
  patience: number;
  metric?: string | undefined;
  minDelta?: number | undefined;
}

/** The training section of the spec, with all defaults. */
export interface TrainingFacts {
  epochs: number;
  seed: number;
  shuffle: boolean;
  /** Batches per step, if more than one. */
  accumulate?: number;
  /** The metrics of the spec, by name. */
  metrics: readonly string[];
  /** The metrics for which higher is better. */
  higherIsBetter?: readonly string[];
  /** The fractions of all rows in these splits: at least 0, and together below 1. */
  test?: number;
  validation?: number;
  /** The number of folds of cross-validation, which replaces the validation split. */
  folds?: number;
  /** Whether all splits have the classes in the same proportions. */
  stratify: boolean;
  earlyStopping?: EarlyStopping;
  /** The epoch whose parameters the model keeps, if not the best one on the validation split. */
  keep?: "last";
}

/** The number of elements of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
