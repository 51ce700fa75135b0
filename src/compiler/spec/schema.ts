// The schema of a model spec: its keys, with defaults and a description for editors. Types, validation and
// the published JSON Schema are all derived from it. The library's tables define the keys of each layer,
// loss, metric, optimizer and schedule.
import * as z from "zod";
import { losses } from "../library/losses/index.ts";
import { metrics } from "../library/metrics/index.ts";
import { optimizers } from "../library/optimizers/index.ts";
import { schedules } from "../library/schedules/index.ts";
import { choice } from "../util/choice.ts";
import { layerSchema, named, namePattern } from "./layer-schema.ts";
import { search } from "./search-schema.ts";

/** The pattern that names of inputs and targets must match. It is only for editors. */
const namedKeys = { propertyNames: { type: "string", pattern: namePattern.source } };

const positiveInteger = z.int().positive();
const nonNegative = z.number().nonnegative();
const positive = z.number().positive();
/** A fraction of the rows, between 0 and 1, both excluded. */
const fraction = z.number().gt(0).lt(1);

const shape = z.array(positiveInteger);

const input = z.strictObject({
  shape: shape.describe("The lengths of the axes of one row, without the batch axis."),
  dtype: z
    .enum(["f32", "i32"])
    .default("f32")
    .describe("The element type: f32 for real numbers, i32 for indices."),
  padding: z
    .number()
    .optional()
    .describe("The value that marks the padding of a sequence. The network skips these positions."),
  lengths: z
    .string()
    .optional()
    .describe(
      "The input that contains the length of each row's sequence. The network skips positions beyond that length.",
    ),
});

const target = z
  .strictObject({
    shape: shape.optional().describe("The lengths of the axes of one row; [] by default for class indices."),
    classes: z.int().min(2).optional().describe("The number of classes; the target is then a class index."),
  })
  .refine(({ shape, classes }) => shape !== undefined || classes !== undefined, {
    error: 'needs "shape" (for real numbers) or "classes" (for class indices)',
    params: { code: "T1102" },
  })
  .meta({ allOf: [{ anyOf: [{ required: ["shape"] }, { required: ["classes"] }] }] });

/** The keys that every schedule has. */
const scheduleKeys = {
  initial: positive.describe("The learning rate at the start of the schedule."),
  warmup: z
    .strictObject({ steps: positiveInteger.describe("The length of the warm-up in optimizer steps.") })
    .optional()
    .describe("Increases the rate linearly from initial/steps to initial before the schedule starts."),
  scaleFrom: positiveInteger
    .optional()
    .describe(
      "The number of rows per step for which the rate was chosen. " +
        "If steps have more or fewer rows, the schedule is scaled.",
    ),
  rule: z
    .enum(["linear", "sqrt"])
    .optional()
    .describe(
      "How the schedule scales with the ratio of the rows per step to scaleFrom: linearly (the default), or with the " +
        "square root of the ratio.",
    ),
};

const schedule = choice(schedules, scheduleKeys);

const learningRate = z.union([
  positive.transform((initial) => schedule.parse({ type: "constant", initial })),
  schedule,
]);

/** The keys that every optimizer has. */
const optimizerKeys = {
  learningRate: learningRate
    .optional()
    .describe(
      "The learning rate: a number, or a schedule over optimizer steps. Each optimizer has a default, as in PyTorch.",
    ),
  clip: z
    .union([
      z.strictObject({ norm: positive.describe("The maximum norm of all gradients as one vector.") }),
      z.strictObject({ value: positive.describe("The maximum absolute value of each gradient element.") }),
    ])
    .optional()
    .describe("Limits the gradients before the update."),
};

const split = {
  fraction: fraction
    .optional()
    .describe("The fraction of all rows, drawn at random; with `group`, the fraction of the groups."),
  last: fraction
    .optional()
    .describe(
      "The fraction of the rows to take from the end, in the order of `data.time`. Without times, the rows are taken " +
        "from the end of the file or, with groups of windows, from the end of each group.",
    ),
  after: z
    .union([z.string().min(1), z.number().transform(String)])
    .optional()
    .describe('The time at which the split begins, such as "1999-01-01"; requires `data.time`.'),
  column: z
    .string()
    .min(1)
    .optional()
    .describe('A column that names the split of each row: "train", "validation" or "test".'),
  value: z
    .union([z.string().min(1), z.number().transform(String)])
    .optional()
    .describe("The value of `column` that selects the rows; by default, the name of the split."),
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A separate file with the rows of the split. Its path is relative to the spec. This is " +
        "short for `test` or `validation` in `data`.",
    ),
  group: z
    .string()
    .min(1)
    .optional()
    .describe("A column of groups: all rows of a group are in the same split and the same fold."),
};

/** Exactly one of these keys selects the rows of a split, unless the split has only the key `group`. */
const ways = ["fraction", "last", "after", "column", "file"] as const;

/** The same rule for the JSON Schema. */
function oneOf(keys: readonly string[]) {
  const each = keys.map((key) => ({ required: [key] }));
  return { allOf: [{ oneOf: [...each, { required: ["group"], not: { anyOf: each } }] }] };
}

const countOf = (rule: object, keys: readonly string[]) =>
  keys.filter((key) => Object.hasOwn(rule, key)).length;

const test = z
  .strictObject(split)
  .refine((rule) => countOf(rule, ways) === 1 || (countOf(rule, ways) === 0 && rule.group !== undefined), {
    error: 'needs exactly one of "fraction", "last", "after", "column" and "file"',
    params: { code: "T1208" },
  })
  .meta(oneOf(ways));

const validationWays = [...ways, "folds"] as const;
const validation = z
  .strictObject({
    ...split,
    folds: z
      .int()
      .min(2)
      .optional()
      .describe(
        "The number of folds for cross-validation: each fold validates a model that was trained on the other folds. " +
          "Test rows are excluded.",
      ),
    forward: z
      .literal(true)
      .optional()
      .describe(
        "Walk-forward folds: the rows are divided into blocks in the order of time. Each fold trains a model on all " +
          "blocks before one block, and validates it on that block.",
      ),
  })
  .refine(
    (rule) =>
      countOf(rule, validationWays) === 1 ||
      (countOf(rule, validationWays) === 0 && rule.group !== undefined),
    {
      error: 'needs exactly one of "fraction", "folds", "last", "after", "column" and "file"',
      params: { code: "T1208" },
    },
  )
  .meta(oneOf(validationWays));

const average = z.strictObject({
  decay: z
    .number()
    .min(0)
    .lt(1)
    .describe("The fraction of the average that is retained at each update; a usual value is 0.999."),
});

const weights = {
  classWeights: z
    .union([z.literal("balanced"), z.array(nonNegative).min(2), z.record(z.string(), nonNegative)])
    .optional()
    .describe(
      'The weight of each class in the loss: a list in class order, an object by class name, or "balanced", ' +
        "which gives rare classes higher weights.",
    ),
  sampleWeights: z
    .string()
    .optional()
    .describe("The input that contains the weight of each row in the loss, one number per row."),
};

const ofTarget = z.strictObject({
  loss: choice(losses).describe("The loss that compares the layer with the target."),
  from: z.string().describe("The layer that predicts the target: the loss reads its output."),
  weight: nonNegative
    .default(1)
    .describe(
      "The factor of this loss in the sum that training minimises; with 0, the loss is only reported.",
    ),
  metrics: z
    .array(choice(metrics))
    .default([])
    .describe("The metrics of this target that are reported in addition to its loss."),
  ...weights,
});

const training = z.strictObject({
  epochs: positiveInteger.describe("The number of passes over the training split."),
  batchSize: z.int().positive().max(1_000_000).describe("The number of rows in a batch."),
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(0)
    .describe("The random seed for initial parameters, shuffling, dropout and splits."),
  shuffle: z.boolean().default(true).describe("If true, shuffles the training rows anew in each epoch."),
  stratify: z
    .boolean()
    .optional()
    .describe("If true, all splits have the same class proportions; true by default for class targets."),
  validation: validation.optional().describe("The validation split, which selects the best epoch."),
  test: test.optional().describe("The rows that are held out for the final evaluation."),
  earlyStopping: z
    .strictObject({
      patience: positiveInteger.describe(
        "The number of epochs without improvement after which training stops.",
      ),
      metric: z
        .string()
        .default("loss")
        .describe(
          'The value to improve on the validation split: "loss" or a metric. With several targets, the name includes ' +
            'the target, such as "price.loss".',
        ),
      minDelta: nonNegative.default(0).describe("The smallest change that counts as an improvement."),
    })
    .optional()
    .describe(
      "Stops when the validation metric no longer improves, and restores the parameters of the best epoch.",
    ),
  keep: z
    .enum(["best", "last"])
    .optional()
    .describe(
      "The epoch whose parameters the model keeps: the best one on the validation split (the default), or the last.",
    ),
  accumulate: positiveInteger
    .optional()
    .describe(
      "The number of batches per optimizer step. The step has the same result as a step over one large batch with " +
        "the same rows.",
    ),
  average: average
    .optional()
    .describe(
      "Uses a moving average of the parameters to evaluate, to predict and to select the best epoch.",
    ),
  search: search
    .optional()
    .describe("The variants of this spec that `tapeless search` tries. Other commands ignore this key."),
  ...weights,
});

const scale = z.union([
  z.enum(["standard", "min-max"]),
  z.strictObject({ divide: positive.describe("The number that divides every value.") }),
]);

/**
 * The keys that describe how an input or target is read from a file. check-data.ts checks which of them may
 * be combined.
 */
const columnKeys = {
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Column names, or ranges of columns such as "p0..p63"; not for IDX files.'),
  scale: scale.optional().describe("The scaling of the values, fitted on the training split only."),
  missing: z
    .enum(["error", "drop", "mean", "category"])
    .optional()
    .describe(
      "What to do with a missing value (empty, NA, N/A, NaN, null or ?): report an error (the default), drop the " +
        "row, use the mean of the training split, or, for categories, treat it as a separate category.",
    ),
};

const dates = z
  .strictObject({
    parts: z
      .array(z.enum(["elapsed", "year", "month", "day", "weekday", "day-of-year", "hour", "minute"]))
      .min(1)
      .describe(
        "The parts of each date to encode, in this order. `elapsed`, the days since the origin, and `year` are one " +
          "number " +
          "each. Every other part is cyclic, so it becomes two numbers, a sine and a cosine.",
      ),
    format: z
      .string()
      .optional()
      .describe(
        'The format of the cells, such as "DD.MM.YYYY HH:mm", "MM/DD/YY hh:mm A", "unix" or "unix-ms"; ISO 8601 by ' +
          "default.",
      ),
    origin: z
      .string()
      .optional()
      .describe(
        "The ISO 8601 date from which days are counted; by default, the earliest date in the training split.",
      ),
  })
  .optional();

const categories = z.enum(["one-hot", "index"]).optional();
const words = z
  .strictObject({
    length: positiveInteger.describe(
      "The length of the sequence: the number of words in the longest text, plus 1.",
    ),
    lowerCase: z
      .boolean()
      .default(false)
      .describe('If true, converts text to lower case, so that "The" and "the" are the same word.'),
    cut: z
      .boolean()
      .default(false)
      .describe("If true, truncates texts that are too long; by default, such a text is an error."),
  })
  .optional();

const windows = z.strictObject({
  length: positiveInteger.describe("The number of past rows in a window, which the inputs read."),
  horizon: positiveInteger.describe("The number of future rows in a window, which the target reads."),
  stride: positiveInteger
    .default(1)
    .describe("The distance between the starts of consecutive windows, in rows."),
  group: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The column of groups, if the file contains several series. All rows of a window belong to one group.",
    ),
  season: positiveInteger
    .optional()
    .describe("The number of rows in a season; the naive forecast is then the value one season earlier."),
  gaps: z
    .enum(["cut", "keep"])
    .optional()
    .describe(
      "Whether windows may contain gaps in the times of a group: with `cut`, no window does; with `keep`, windows " +
        "may. By default, they may, and a warning reports it.",
    ),
});

const time = z.union([
  z
    .string()
    .min(1)
    .transform((column) => ({ column })),
  z.strictObject({
    column: z.string().min(1).describe("The column of times."),
    format: z
      .string()
      .optional()
      .describe(
        'The format of the cells, as for `dates`, or "number" for plain numbers; ISO 8601 by default.',
      ),
  }),
]);

const inputColumns = z.strictObject({
  ...columnKeys,
  window: z
    .enum(["past", "future", "whole", "last"])
    .optional()
    .describe(
      "The rows of a window that the input reads: those of the past (the default), those of the future, both, or " +
        "only the last row of the past, without a time axis.",
    ),
  categories: categories.describe(
    "The columns contain categories. Those of the training split are sorted by name. With `one-hot`, each becomes " +
      "a column of 0 and 1; with `index`, each becomes a number, starting at 1. Unknown categories are 0.",
  ),
  unseen: z
    .enum(["zeros", "category"])
    .optional()
    .describe(
      "How to encode categories that the training split does not contain: as zeros (the default), or together as " +
        "a separate category.",
    ),
  minCount: positiveInteger
    .optional()
    .describe(
      "The smallest number of training rows with a category; a rarer category is treated as unseen. The default is 2 " +
        'with `"unseen": "category"`, and 1 otherwise.',
    ),
  dates: dates.describe("The columns contain dates. Their parts are encoded as numbers."),
  words: words.describe(
    "The column contains text, encoded as the start token 0, then the number of each word, then 0 as " +
      "padding. Numbers " +
      "from 2 are the most frequent words of the training split; 1 is any word outside the vocabulary.",
  ),
  characters: z
    .strictObject({
      length: positiveInteger.describe(
        "The length of the sequence: the number of characters in the longest text, plus 1.",
      ),
    })
    .optional()
    .describe(
      "The column contains text, encoded as the start token 0, then the number of each character in a vocabulary of " +
        "the training split, then 0 as padding.",
    ),
});

const targetColumns = z.strictObject({
  ...columnKeys,
  nextOf: z
    .string()
    .optional()
    .describe(
      "The name of an input of characters or words. The target at each position is the next token, and -1 on padding.",
    ),
  names: z
    .boolean()
    .optional()
    .describe("If true, cells are class names even if they are numbers, such as 1, 2 and 5."),
});

const file = z.string().min(1);
const idxFiles = z
  .record(z.string(), file)
  .describe("An IDX file for each input and target; paths are relative to the spec.");
const splitFiles = z.union([file, z.strictObject({ idx: idxFiles })]);

const data = z.strictObject({
  file: file
    .optional()
    .describe(
      "The data file. Its path is relative to the spec. Formats are CSV with a header, JSON Lines, .npy, .npz " +
        "and Parquet; files may be gzipped.",
    ),
  idx: idxFiles.optional(),
  separator: z
    .enum([",", ";", "\t", "|"])
    .optional()
    .describe("The separator between cells in a CSV file; by default, a comma."),
  numbers: z
    .strictObject({
      decimal: z.enum([".", ","]).optional().describe("The decimal separator; by default, a point."),
      thousands: z
        .enum([",", ".", " ", "'", "_"])
        .optional()
        .describe("The separator between groups of three digits; by default, there is none."),
    })
    .optional()
    .describe("The format of numbers in text files."),
  train: splitFiles
    .optional()
    .describe("The file of the training rows, if other splits have separate files."),
  test: splitFiles.optional().describe("The file of the test rows."),
  validation: file.optional().describe("The file of the validation rows."),
  time: time.optional().describe("The column of times, which orders the rows."),
  windows: windows
    .optional()
    .describe("Cuts windows from series of rows: the model reads past rows and forecasts future rows."),
  inputs: z.record(z.string(), inputColumns).optional().describe("The columns of each input."),
  targets: z.record(z.string(), targetColumns).optional().describe("The columns of each target."),
});

const regularization = z.strictObject({
  l1: nonNegative.default(0).describe("Adds l1·Σ|w| to the loss, where the sum is over all weights."),
  l2: nonNegative.default(0).describe("Adds l2·Σw² to the loss, where the sum is over all weights."),
});

/**
 * The rule that a spec has either `losses`, or `loss`, `output` and `metrics` for its only target. It is only
 * for editors.
 */
const oneLossOrSeveral = {
  allOf: [
    {
      oneOf: [
        { required: ["loss"] },
        { required: ["losses"], not: { anyOf: [{ required: ["output"] }, { required: ["metrics"] }] } },
      ],
    },
  ],
};

const model = z.strictObject({
  $schema: z.string().optional().describe("The location of the JSON Schema for specs, which editors read."),
  name: z.string().meta({
    ...named,
    description: "The name of the model: a letter, followed by letters, digits, underscores or hyphens.",
  }),
  inputs: z
    .record(z.string(), input)
    .meta({ ...namedKeys, description: "The inputs of the network, by name." }),
  targets: z
    .record(z.string(), target)
    .meta({ ...namedKeys, description: "The targets that the network learns to predict, by name." }),
  network: z.array(layerSchema).min(1).describe("The layers, in order."),
  output: z
    .string()
    .optional()
    .describe("The layer whose output the loss reads; by default, the last layer."),
  loss: choice(losses).optional().describe("The loss that training minimises."),
  losses: z
    .record(z.string(), ofTarget)
    .optional()
    .meta({
      ...namedKeys,
      description: "For several targets: the loss of each. Training minimises their weighted sum.",
    }),
  metrics: z.array(choice(metrics)).default([]).describe("The metrics reported in addition to the loss."),
  regularization: regularization.prefault({}).describe("Penalties on weights; biases are excluded."),
  optimizer: choice(optimizers, optimizerKeys).describe("The optimizer that updates the parameters."),
  training: training.describe("The settings of the training run, such as epochs, batches and splits."),
  data: data.optional().describe("The files and columns of the data; only the command line reads them."),
});

/** A whole spec. check-losses.ts checks the losses. */
export const modelSchema = model.meta(oneLossOrSeveral);

/**
 * A spec as users write it: short forms are allowed, and keys with defaults are optional. It has either
 * `loss` or `losses`. The type does not express this, because otherwise a spec that is derived from another
 * one could not replace its loss.
 *
 * An interface keeps its name in the declaration of `export default defineModel(…)`. An alias would be
 * written out there, with types that the package does not export.
 */
export interface ModelSpec extends z.input<typeof modelSchema> {}

/** A spec with short forms expanded and defaults filled in. Names and references are still as written. */
export type FullSpec = z.output<typeof modelSchema>;
