// THE schema of a model spec: what may be written, with defaults and a line for editors on every key. Types,
// validation and the published JSON Schema all come from here; what a variant's keys are comes from the
// library's tables.
import * as z from "zod";
import { losses } from "../library/losses/index.ts";
import { metrics } from "../library/metrics/index.ts";
import { optimizers } from "../library/optimizers/index.ts";
import { schedules } from "../library/schedules/index.ts";
import { choice } from "../util/choice.ts";
import { layerSchema, named, namePattern } from "./layer-schema.ts";
import { search } from "./search-schema.ts";

/** What editors are told of the names of inputs and targets. */
const namedKeys = { propertyNames: { type: "string", pattern: namePattern.source } };

const positiveInteger = z.int().positive();
const nonNegative = z.number().nonnegative();
const positive = z.number().positive();
/** A share of the rows, neither none nor all of them. */
const fraction = z.number().gt(0).lt(1);

const shape = z.array(positiveInteger);

const input = z.strictObject({
  shape: shape.describe("Lengths of the axes of one row; the batch axis is left out."),
  dtype: z.enum(["f32", "i32"]).default("f32").describe("f32 for real numbers, i32 for indices."),
});

const target = z
  .strictObject({
    shape: shape
      .optional()
      .describe("Lengths of the axes of one row of real numbers; of class indices [] by default."),
    classes: z
      .int()
      .min(2)
      .optional()
      .describe("How many classes there are; the target is then a class index."),
  })
  .refine(({ shape, classes }) => shape !== undefined || classes !== undefined, {
    error: "needs `shape` (for real numbers) or `classes` (for class indices)",
    params: { code: "T1102" },
  })
  .meta({ allOf: [{ anyOf: [{ required: ["shape"] }, { required: ["classes"] }] }] });

/** Keys of every schedule. */
const scheduleKeys = {
  initial: positive.describe("The learning rate that the schedule starts from."),
  warmup: z
    .strictObject({ steps: positiveInteger.describe("How many optimizer steps the warm-up takes.") })
    .optional()
    .describe("Rises linearly from initial/steps to initial before the schedule starts."),
  scaleFrom: positiveInteger
    .optional()
    .describe("The rows of a step for which the rate is meant; with more of them, all of it is higher."),
  rule: z
    .enum(["linear", "sqrt"])
    .optional()
    .describe(
      "How the rate follows the rows of a step over scaleFrom: in proportion (by default), or as the root.",
    ),
};

const schedule = choice(schedules, scheduleKeys);

const learningRate = z.union([
  positive.transform((initial) => schedule.parse({ type: "constant", initial })),
  schedule,
]);

/** Keys of every optimizer. */
const optimizerKeys = {
  learningRate: learningRate
    .optional()
    .describe(
      "A number, or a schedule counted in optimizer steps; by default the optimizer's own, as in PyTorch.",
    ),
  clip: z
    .union([
      z.strictObject({ norm: positive.describe("The largest norm of all gradients together.") }),
      z.strictObject({ value: positive.describe("The largest absolute value of any gradient element.") }),
    ])
    .optional()
    .describe("Limits the gradients before the update."),
};

const validation = z
  .strictObject({
    fraction: fraction.optional().describe("A share of all rows."),
    folds: z
      .int()
      .min(2)
      .optional()
      .describe(
        "Cross-validation: each of so many folds validates a training on all the others, the test part aside.",
      ),
  })
  .refine(({ fraction, folds }) => (fraction === undefined) !== (folds === undefined), {
    error: "needs `fraction` or `folds`, and not both",
    params: { code: "T1208" },
  })
  .meta({ allOf: [{ oneOf: [{ required: ["fraction"] }, { required: ["folds"] }] }] });

const average = z.strictObject({
  decay: z.number().min(0).lt(1).describe("How much of the average stays at each update: 0.999 is usual."),
});

const weights = {
  classWeights: z
    .union([z.literal("balanced"), z.array(nonNegative).min(2), z.record(z.string(), nonNegative)])
    .optional()
    .describe(
      'What each class weighs in the loss: a list by number, an object by name, or "balanced" (the rarer, the more).',
    ),
  sampleWeights: z
    .string()
    .optional()
    .describe("An input of one number a row that says what the row weighs in the loss."),
};

const training = z.strictObject({
  epochs: positiveInteger.describe("How often the training part is gone through."),
  batchSize: z.int().positive().max(1_000_000).describe("Rows in one optimizer step."),
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(0)
    .describe("Decides initial parameters, shuffling, dropout and splits."),
  shuffle: z
    .boolean()
    .default(true)
    .describe("Draws the rows of each epoch in a new order, without replacement."),
  stratify: z
    .boolean()
    .optional()
    .describe("Keeps the shares of the classes equal in all parts; by default true for class targets."),
  validation: validation.optional().describe("The rows that choose the best epoch."),
  test: z
    .strictObject({ fraction })
    .optional()
    .describe("The share of all rows that is set aside for the final judgement."),
  earlyStopping: z
    .strictObject({
      patience: positiveInteger.describe("Epochs without improvement after which training stops."),
      metric: z.string().default("loss").describe('"loss" or one of the metrics, on the validation part.'),
      minDelta: nonNegative.default(0).describe("The smallest change that counts as an improvement."),
    })
    .optional()
    .describe("Stops when the validation part no longer improves, and restores the best epoch's parameters."),
  accumulate: positiveInteger
    .optional()
    .describe("How many batches make one optimizer step, as if they were one batch."),
  average: average
    .optional()
    .describe("Evaluation, prediction and the best epoch use a moving average of the parameters."),
  search: search
    .optional()
    .describe("Which other specs `tapeless search` tries; everything else reads the spec as it is written."),
  ...weights,
});

const scale = z.union([
  z.enum(["standard", "min-max"]),
  z.strictObject({ divide: positive.describe("The number that every value is divided by.") }),
]);

/** How an input or target is read; which of the keys go together is checked in check-data.ts. */
const columnKeys = {
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Names of columns, or ranges of them: "p0..p63"; IDX files have none.'),
  scale: scale.optional().describe("Fitted on the training part alone."),
  missing: z
    .enum(["error", "drop", "mean"])
    .optional()
    .describe(
      "Where a value is missing (empty, NA, N/A, NaN, null or ?): an error (the default), the row is left " +
        "out, or the mean of the training part stands there.",
    ),
};

const categories = z.enum(["one-hot", "index"]).optional();
const words = z
  .strictObject({
    length: positiveInteger.describe("Places of the sequence: one more than the longest text has words."),
    lowerCase: z
      .boolean()
      .default(false)
      .describe("Makes capitals small first, so that The and the are one word."),
    cut: z.boolean().default(false).describe("Cuts longer texts off; without it they are an error."),
  })
  .optional();

const inputColumns = z.strictObject({
  ...columnKeys,
  categories: categories.describe(
    "The columns hold categories, numbered in the order of the training part's names: a place of 0 or 1 for " +
      "each (one-hot), or its number from 1 (index); others are 0.",
  ),
  words: words.describe(
    "The column holds texts: the mark 0, then each word as its number, the most frequent of the training " +
      "part from 2 on, 1 for all that the embedding has no room for; then 0 as padding.",
  ),
  characters: z
    .strictObject({
      length: positiveInteger.describe(
        "Places of the sequence: one more than the longest text has characters.",
      ),
    })
    .optional()
    .describe(
      "The column holds texts: the mark 0, then each character as its number in a vocabulary of the " +
        "training part, then 0 as padding.",
    ),
});

const targetColumns = z.strictObject({
  ...columnKeys,
  nextOf: z
    .string()
    .optional()
    .describe(
      "An input of characters or words: the target is at each place the one after it, -1 on padding.",
    ),
});

const file = z.string().min(1);
const idxFiles = z
  .record(z.string(), file)
  .describe("An IDX file for each input and target, relative to the spec.");
const part = z.union([file, z.strictObject({ idx: idxFiles })]);

const data = z.strictObject({
  file: file
    .optional()
    .describe(
      "A CSV file with a header, JSON Lines, .npy, .npz or Parquet, packed by gzip or not, relative to the spec.",
    ),
  idx: idxFiles.optional(),
  separator: z
    .enum([",", ";", "\t", "|"])
    .optional()
    .describe("What stands between the cells of a CSV file; a comma by default."),
  train: part.optional().describe("The training rows, where the test rows have files of their own."),
  test: part.optional().describe("The test rows."),
  inputs: z
    .record(z.string(), inputColumns)
    .optional()
    .describe("For each input the columns that it is read from."),
  targets: z
    .record(z.string(), targetColumns)
    .optional()
    .describe("For each target the columns that it is read from."),
});

const regularization = z.strictObject({
  l1: nonNegative.default(0).describe("Adds l1·Σ|w| over the weights to the loss."),
  l2: nonNegative.default(0).describe("Adds l2·Σw² over the weights to the loss."),
});

/** A whole spec. */
export const modelSchema = z.strictObject({
  $schema: z.string().optional().describe("Where an editor finds the JSON Schema of specs."),
  name: z
    .string()
    .meta({ ...named, description: "What the model is called; a letter, then letters, digits, _ and -." }),
  inputs: z.record(z.string(), input).meta({ ...namedKeys, description: "What the network reads, by name." }),
  targets: z
    .record(z.string(), target)
    .meta({ ...namedKeys, description: "What the network learns to predict, by name." }),
  network: z.array(layerSchema).min(1).describe("The layers, in order."),
  output: z.string().optional().describe("The layer that the loss reads; by default the last."),
  loss: choice(losses).describe("What training makes small."),
  metrics: z.array(choice(metrics)).default([]).describe("What is reported besides the loss."),
  regularization: regularization.prefault({}).describe("Penalties on weights, never on biases."),
  optimizer: choice(optimizers, optimizerKeys).describe("How parameters follow from gradients."),
  training: training.describe("How long and on which rows the model is trained."),
  data: data.optional().describe("Where the rows come from; only the command line reads them."),
});

/** A spec as people write it: short forms and defaults allowed. */
export type ModelSpec = z.input<typeof modelSchema>;

/** A spec with its short forms written out and its defaults filled in; names and references are still as written. */
export type FullSpec = z.output<typeof modelSchema>;
