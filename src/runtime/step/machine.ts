// The interface between generated code and shared code. The compiler generates a `Machine` for each model.
// The rest of the trainer is the same for all models.

/** The array type of the arena. In a trainer, it is the type that the model uses. */
export type Numbers = Float32Array | Float64Array;

/** The mean loss over rows, and the metrics by name. */
export type Summary = { loss: number } & Record<string, number>;

/** What runs the kernels: WebAssembly with fused multiply-add, WebAssembly SIMD, or TypeScript. */
export type Backend = "relaxed" | "simd" | "ts";

/** The compiled part of a predictor. */
export interface PredictingMachine {
  /** The arrays of a batch: inputs and targets by name, row-major, with room for `batchSize` rows each. */
  readonly inputs: Record<string, Numbers | Int32Array>;
  /** The predictions of up to `batchSize` rows. */
  readonly output: Numbers;
  /** Writes the predictions for the first n rows to `output`. */
  predict(n: number): void;
}

/** The compiled part of a trainer: the arena, and the programs that run on it. */
export interface Machine extends PredictingMachine {
  /** "ts" by default. */
  readonly backend?: Backend;
  readonly parameters: Record<string, Numbers>;
  readonly gradients: Record<string, Numbers>;
  /** Every byte that training changes: parameters first, then optimizer state, step and seed. */
  readonly state: Uint8Array;
  /** The sums of loss and metrics over the batches of an evaluation. */
  readonly totals: Float64Array;
  /** One element: the number of optimizer steps taken. */
  readonly step: Int32Array;
  /** One element: the random seed. */
  readonly seed: Int32Array;
  /** Forward and backward pass over the first n rows: writes the gradients, returns the mean loss. */
  gradient(n: number): number;
  /** Reads the training rows before the first step, to compute class weights. */
  prepare?(data: Record<string, ArrayLike<number>>, rows: Int32Array): void;
  /** One step of the optimizer, with gradients of n rows. */
  update(n: number): void;
  /** Adds loss and metrics of the first n rows to `totals`. */
  evaluate(n: number): void;
  /** Loss and metrics of all rows in `totals`. */
  summarise(): Summary;
  /** Sets the seed, resets step and optimizer state, draws the parameters. */
  initialise(seed: number): void;
  /** The learning rate of the last step. */
  learningRate(): number;
  /**
   * The name of the first value, in program order, that is not finite in the first `rows` rows. Used in the
   * error message when training diverges.
   */
  check(rows: number): string | undefined;
}
