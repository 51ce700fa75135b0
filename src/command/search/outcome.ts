// What became of one candidate: plain data, as it crosses threads and stands in the results file.
import * as z from "zod";
import { jsonFigure as figure } from "../../compiler/util/json.ts";

const summary = z.object({ loss: figure }).catchall(figure);

export const outcome = z.union([
  z.strictObject({
    /** Of folds the mean. */
    bestEpoch: z.number(),
    /** Loss and metrics of the validation part, with the parameters that would be judged; of folds the mean. */
    validation: summary,
    /** Of folds the sample deviation. */
    deviation: summary.optional(),
    /** Of folds the figures of each. */
    folds: z
      .array(z.object({ bestEpoch: z.number(), loss: figure }).catchall(figure))
      .readonly()
      .optional(),
  }),
  /** The training failed: why. */
  z.strictObject({ diverged: z.string() }),
]);

export type Outcome = z.output<typeof outcome>;
export type Validated = Exclude<Outcome, { diverged: string }>;

export const isValidated = (found: Outcome): found is Validated => !("diverged" in found);
