// Facts about the model and its training: plain data that the compiler writes into a trainer.

/** The model: its names, its shapes without the batch axis, and the options with which it was compiled. */
export interface ModelFacts {
  name: string;
  /** The SHA-256 hash of the canonical spec. A checkpoint can be loaded only by models with the same hash. */
  specHash: string;
  dtype: "f32" | "f64";
  target: "ts" | "wasm";
  /** The maximum number of rows in one batch. */
  batchSize: number;
  inputs: Record<string, FieldFacts>;
  targets: Record<string, FieldFacts>;
  parameters: { name: string; shape: number[]; trainable: boolean }[];
}

/** An input or target. */
export interface FieldFacts {
  shape: number[];
  /** "i32" if the values are integers. */
  dtype?: string;
  /** The values are indices from 0 to vocabulary − 1. */
  vocabulary?: number;
  /** The values are class indices from 0 to classes − 1, or −1 where the label is missing. */
  classes?: number;
  /** Whether only the loss reads this input. Prediction does not need such an input. */
  onlyLoss?: boolean;
  /** The lower bound of the values, if there is one. */
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
  /** The number of batches per optimizer step; 1 if absent. */
  accumulate?: number;
  /** The names of the metrics in the spec. */
  metrics: readonly string[];
  /** The names of the metrics for which higher values are better. */
  higherIsBetter?: readonly string[];
  /**
   * The test and validation splits as fractions of all rows. Each is at least 0, and their sum is below 1.
   */
  test?: number;
  validation?: number;
  /** The number of folds, if cross-validation replaces the validation split. */
  folds?: number;
  /** Whether every split has the same class proportions. */
  stratify?: boolean;
  earlyStopping?: EarlyStopping;
  /**
   * "last" if training ends with the parameters of the last epoch, instead of those of the best epoch.
   */
  keep?: "last";
}

/** The number of elements of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
