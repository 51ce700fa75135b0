// The interface between generated code and shared code. For each model, the compiler generates a `Machine`:
// the compiled kernels and their memory. The code that calls it is the same for all models.

/** The array type of the arena. An emitted file contains only the type of its model. */
export type Numbers = Float32Array | Float64Array;

/** The mean loss over the rows, and each metric under its name. */
export type Summary = { loss: number } & Record<string, number>;

/**
 * The kind of kernels: WebAssembly with fused multiply-add ("relaxed"), WebAssembly with plain SIMD ("simd"),
 * or TypeScript ("ts").
 */
export type Backend = "relaxed" | "simd" | "ts";

/** The compiled part of a predictor: its kernels and their memory. */
export interface PredictingMachine {
  /** The arrays of a batch: inputs and targets by name, row-major. Each has space for `batchSize` rows. */
  readonly inputs: Record<string, Numbers | Int32Array>;
  /** The predictions of up to `batchSize` rows. */
  readonly output: Numbers;
  /** Writes the predictions for the first n rows to `output`. */
  predict(n: number): void;
}

/** The compiled part of a trainer: its memory (the arena), and the programs that run on it. */
export interface Machine extends PredictingMachine {
  /** The kind of kernels; "ts" if absent. */
  readonly kernels?: Backend;
  readonly parameters: Record<string, Numbers>;
  readonly gradients: Record<string, Numbers>;
  /**
   * All bytes that training changes and a checkpoint saves: first the parameters, then optimizer state, step
   * and seed.
   */
  readonly state: Uint8Array;
  /** The bytes of the parameters, with which `state` begins. */
  readonly parameterBytes: Uint8Array;
  /** The sums of loss and metrics over the batches of an evaluation. */
  readonly totals: Float64Array;
  /** One element: the number of optimizer steps taken. */
  readonly step: Int32Array;
  /** One element: the random seed. */
  readonly seed: Int32Array;
  /**
   * Runs the forward and backward pass over the first n rows. Writes the gradients and returns the mean loss.
   */
  gradient(n: number): number;
  /**
   * Reads the training rows before the first step, to compute class weights or to check targets, if the
   * model requires it.
   */
  prepare?(data: Record<string, ArrayLike<number>>, rows: Int32Array): void;
  /** Takes one step of the optimizer, with gradients that were computed from n rows. */
  update(n: number): void;
  /** Adds the loss and metrics of the first n rows to `totals`. */
  evaluate(n: number): void;
  /** Returns the loss and metrics of all rows that `totals` contains. */
  summarise(): Summary;
  /** Sets the seed, resets step and optimizer state, and draws random parameters. */
  initialise(seed: number): void;
  /** The learning rate of the last step. */
  learningRate(): number;
  /**
   * Returns the name of the first value, in program order, that is not finite in the first `rows` rows. If
   * training diverges, the error message contains this name.
   */
  check(rows: number): string | undefined;
}
