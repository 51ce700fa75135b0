// The schema of `training.search`: the values to try at paths of the spec, and the selection of candidates.
import * as z from "zod";

const range = z.strictObject({
  from: z.number().describe("The smallest value."),
  to: z.number().describe("The largest value."),
  scale: z
    .enum(["linear", "log"])
    .default("linear")
    .describe('The spacing of the values: "linear" for equal differences, "log" for equal ratios.'),
  steps: z
    .int()
    .min(2)
    .optional()
    .describe(
      "The number of values, including both ends. Without `steps`, values are drawn at random from the range.",
    ),
});

const values = z.array(z.unknown()).min(1);

export const search = z.strictObject({
  over: z
    .record(z.string(), z.union([values, range]))
    .describe(
      'The values to try at each path of the spec, such as "network[0].units": a list of values, or a range of ' +
        'numbers. "off" removes the value at the path; "on" keeps the value of the spec.',
    ),
  samples: z
    .int()
    .positive()
    .max(100_000)
    .optional()
    .describe("The number of candidates to draw at random; by default, every combination is a candidate."),
  seed: z.int().min(0).max(0xffffffff).default(0).describe("The random seed for drawing candidates."),
  metric: z
    .string()
    .optional()
    .describe(
      'The value on the validation split that selects the best candidate: "loss" or a metric. With several targets, ' +
        'the name includes the target, such as "price.loss". By default, it is the metric of early stopping or, ' +
        "without early stopping, the loss.",
    ),
});

/** A search with its defaults filled in. */
export type Search = z.output<typeof search>;
export type Range = z.output<typeof range>;
/** The values to try at one path. */
export type Axis = Search["over"][string];

export const isRange = (axis: Axis): axis is Range => !Array.isArray(axis);
