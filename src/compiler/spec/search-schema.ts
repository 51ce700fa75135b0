// The schema of `training.search`: which paths of the spec take which values, and how candidates are made of them.
import * as z from "zod";

const range = z.strictObject({
  from: z.number().describe("The least value."),
  to: z.number().describe("The greatest value."),
  scale: z
    .enum(["linear", "log"])
    .default("linear")
    .describe('How values lie between the two: evenly, or ("log") with even factors from one to the next.'),
  steps: z
    .int()
    .min(2)
    .optional()
    .describe("So many values, both ends among them; without it any value may be drawn at random."),
});

const values = z.array(z.unknown()).min(1);

export const search = z.strictObject({
  over: z
    .record(z.string(), z.union([values, range]))
    .describe(
      'By paths of the spec ("network[0].units"): a list of values, or a range of numbers. "off" leaves out ' +
        'what stands at the path, "on" leaves it as it is written.',
    ),
  samples: z
    .int()
    .positive()
    .max(100_000)
    .optional()
    .describe("How many candidates are drawn at random; without it, every combination is one."),
  seed: z.int().min(0).max(0xffffffff).default(0).describe("Decides which candidates are drawn."),
  metric: z
    .string()
    .optional()
    .describe(
      '"loss" or one of the metrics: what the best candidate is best at on the validation part; by default ' +
        "what early stopping watches, else the loss.",
    ),
});

/** A search as it is written out: with its defaults. */
export type Search = z.output<typeof search>;
export type Range = z.output<typeof range>;
/** What one path takes. */
export type Axis = Search["over"][string];

export const isRange = (axis: Axis): axis is Range => !Array.isArray(axis);
