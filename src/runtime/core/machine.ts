// The seam between the two halves of a trainer: what the compiler emits (the machine) and what every trainer
// shares (the rest of this folder).

/** The element type of the arena; the emitter puts the model's own in place of this line. */
export type Numbers = Float32Array | Float64Array;

/** The mean loss over some rows, and the model's metrics by name. */
export type Summary = { loss: number } & Record<string, number>;

/** What runs the kernels: WebAssembly with fused multiply-add, plain WebAssembly, or TypeScript. */
export type Backend = "relaxed" | "simd" | "ts";

/** The compiled part of a predictor. */
export interface PredictingMachine {
  /** Where a batch is written: inputs (and targets) by name, row-major, room for `batchSize` rows each. */
  readonly inputs: Record<string, Numbers | Int32Array>;
  /** The predictions of up to `batchSize` rows. */
  readonly output: Numbers;
  /** Writes the predictions for the first n rows to `output`. */
  predict(n: number): void;
}

/** The compiled part of a trainer: one arena and the programs that work on it. */
export interface Machine extends PredictingMachine {
  /** TypeScript, if it is left out. */
  readonly backend?: Backend;
  readonly parameters: Record<string, Numbers>;
  readonly gradients: Record<string, Numbers>;
  /** Every byte that training changes: first the parameters, then optimizer states, step and seed. */
  readonly state: Uint8Array;
  /** The sums that evaluation gathers over batches. */
  readonly totals: Float64Array;
  /** One element: the optimizer steps taken so far. */
  readonly step: Int32Array;
  /** One element: what all randomness of this trainer derives from. */
  readonly seed: Int32Array;
  /** Forward and backward over the first n rows: writes the gradients, returns the mean loss. */
  gradient(n: number): number;
  /** Learns of the training part, before its first step, what is to be known of it. */
  prepare?(data: Record<string, ArrayLike<number>>, rows: Int32Array): void;
  /** One step of the optimizer, from gradients that n rows gave. */
  update(n: number): void;
  /** Adds the first n rows to `totals`. */
  evaluate(n: number): void;
  /** Loss and metrics of all rows in `totals`. */
  summarise(): Summary;
  /** Sets the seed, zeroes step and optimizer states, draws the parameters. */
  initialise(seed: number): void;
  /** The learning rate of the last step taken. */
  learningRate(): number;
  /**
   * After a loss that is not finite: the first value, in program order, whose buffer holds such a number in
   * the first `rows` rows.
   */
  check(rows: number): string | undefined;
}
