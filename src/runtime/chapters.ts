/**
 * The chapters of an emitted trainer in reading order, with the files of the runtime that belong to each.
 * The compiler copies the declarations in these files into the trainer, and generates the rest of each
 * chapter, such as facts, offsets, kernels and `createTrainer`. It does not copy this file itself.
 */

export interface Chapter {
  readonly name: string;
  /** The heading: the name of the chapter and its purpose. */
  readonly title: string;
  readonly files: readonly string[];
}

export const chapters = [
  {
    name: "proof",
    title: "Checks: gradients, resuming and allocations of the trainer",
    files: [
      "check/prove-trainer.ts",
      "check/batches.ts",
      "check/check-gradients.ts",
      "check/slope.ts",
      "check/check-steps.ts",
      "check/check-program.ts",
    ],
  },
  { name: "model", title: "Model: shapes, parameters and training settings", files: ["model/facts.ts"] },
  { name: "memory", title: "Memory: one arena for all tensors", files: ["step/memory.ts"] },
  { name: "forward", title: "Forward: from the batch to the prediction", files: [] },
  { name: "loss", title: "Loss: one number for the error of the prediction", files: [] },
  { name: "backward", title: "Backward: the gradient of the loss", files: [] },
  { name: "update", title: "Update: the optimizer moves the parameters", files: [] },
  {
    name: "wasm",
    title: "WebAssembly: the same kernels on vectors",
    files: [
      "wasm/wasm-kernels.ts",
      "wasm/wasm-engine.ts",
      "wasm/staged-steps.ts",
      "wasm/wasm-workers.ts",
      "wasm/compare-kernels.ts",
      "wasm/compared-data.ts",
      "wasm/compared-sides.ts",
    ],
  },
  {
    name: "step",
    title: "One step: check a batch, compute gradients, update",
    files: [
      "step/machine.ts",
      "step/batch.ts",
      "step/window-rows.ts",
      "step/errors.ts",
      "step/session.ts",
      "step/steps.ts",
    ],
  },
  {
    name: "trainer",
    title: "createTrainer: the public interface",
    files: [
      "trainer/trainer.ts",
      "trainer/trainer-of.ts",
      "trainer/probe.ts",
      "trainer/pauses.ts",
      "trainer/streamed-rows.ts",
    ],
  },
  {
    name: "loop",
    title: "Training loop: epochs, validation and early stopping",
    files: [
      "trainer/epochs.ts",
      "training/train-on.ts",
      "training/original-units.ts",
      "training/units-of-targets.ts",
      "training/cross-validate.ts",
      "training/folds.ts",
      "training/ruled-training.ts",
      "training/naive-forecast.ts",
    ],
  },
  {
    name: "evaluation",
    title: "Evaluation and prediction: results of the trained model",
    files: [
      "trainer/evaluate.ts",
      "trainer/rank-rows.ts",
      "prediction/predictor.ts",
      "prediction/predictions.ts",
      "prediction/by-target.ts",
      "prediction/formatted-rows.ts",
      "prediction/forecasts.ts",
      "prediction/interpretations.ts",
    ],
  },
  {
    name: "numbers",
    title: "Random numbers and elementary functions: the same bits in every engine",
    files: [
      "numbers/random.ts",
      "numbers/double-arithmetic.ts",
      "numbers/exponential.ts",
      "numbers/logarithm.ts",
      "numbers/trigonometric.ts",
      "numbers/error-function.ts",
      "numbers/single.ts",
    ],
  },
  {
    name: "checkpoints",
    title: "Checkpoints: save a training run and resume it",
    files: ["checkpoints/checkpoint.ts"],
  },
  {
    name: "data",
    title: "Data: from a table to batches",
    files: [
      "data/dataset.ts",
      "data/split.ts",
      "data/ruled-dataset.ts",
      "data/split-rules.ts",
      "data/series.ts",
      "data/windows.ts",
      "data/gaps.ts",
      "data/fields.ts",
      "data/column-encoder.ts",
      "data/target-range.ts",
      "data/target-encoders.ts",
      "data/category-encoder.ts",
      "data/open-category-encoder.ts",
      "data/dates.ts",
      "data/date-encoder.ts",
      "data/text-encoders.ts",
      "data/scale.ts",
      "data/number-format.ts",
      "data/table.ts",
      "data/stored-column.ts",
      "data/csv.ts",
      "data/idx.ts",
    ],
  },
  {
    name: "program",
    title: "Program: train from the command line",
    files: [
      "program/program.ts",
      "program/readers.ts",
      "program/idx-reader.ts",
      "program/text-writer.ts",
      "program/first-loss.ts",
      "program/first-losses.ts",
      "program/files.ts",
    ],
  },
] as const satisfies readonly Chapter[];

export type ChapterName = (typeof chapters)[number]["name"];

/** The files in this folder are emitted only in check programs. */
export const proofFolder = "check/";

/** In f32 trainers, the functions in this file replace functions of the same name in other files. */
export const singlePrecisionFile = "numbers/single.ts";

/**
 * In trainers that read windows, the functions in this file replace functions of the same name in other
 * files.
 */
export const windowRowsFile = "step/window-rows.ts";

/**
 * The types whose values only the compiler and the runtime write. An optional member of these types that a
 * trainer does not write has no value, so the trainer does not contain the code that runs only with it.
 */
export const closedTypes = [
  "CsvForm",
  "FieldFacts",
  "BatchField",
  "TrainingFacts",
  "Machine",
  "Session",
  "EpochSession",
  "EncodingContext",
  "DatasetContext",
  "Program",
  "Source",
  "Start",
  "Trainable",
] as const;
