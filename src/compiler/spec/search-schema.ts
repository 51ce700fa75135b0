// The schema of `training.search`: the values to try at paths of the spec, and how candidates are formed from them.
import * as z from "zod";

const range = z.strictObject({
  from: z.number().describe("The smallest value."),
  to: z.number().describe("The largest value."),
  scale: z
    .enum(["linear", "log"])
    .default("linear")
    .describe('The spacing of the values: even, or with "log" by a constant factor.'),
  steps: z
    .int()
    .min(2)
    .optional()
    .describe(
      "The number of values, including both ends; without it, values are drawn at random from the range.",
    ),
});

const values = z.array(z.unknown()).min(1);

export const search = z.strictObject({
  over: z
    .record(z.string(), z.union([values, range]))
    .describe(
      'The values to try, by path of the spec ("network[0].units"): a list of values, or a range of numbers. "off" ' +
        'removes the value at the path, "on" keeps it as written.',
    ),
  samples: z
    .int()
    .positive()
    .max(100_000)
    .optional()
    .describe("The number of candidates to draw at random; by default every combination is a candidate."),
  seed: z.int().min(0).max(0xffffffff).default(0).describe("The random seed for drawing candidates."),
  metric: z
    .string()
    .optional()
    .describe(
      '"loss" or one of the metrics: the validation metric that selects the best candidate; by default the metric ' +
        "of early stopping if there is one, otherwise the loss.",
    ),
});

/** A search with its defaults filled in. */
export type Search = z.output<typeof search>;
export type Range = z.output<typeof range>;
/** The values to try at one path. */
export type Axis = Search["over"][string];

export const isRange = (axis: Axis): axis is Range => !Array.isArray(axis);
