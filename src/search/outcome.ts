// What became of one candidate: plain data, as it crosses threads and stands in the results file.
import { z } from "zod";

const summary = z.looseObject({ loss: z.number() }).catchall(z.number());

export const outcome = z.union([
  z.strictObject({
    /** Epochs trained. */
    epochs: z.number(),
    bestEpoch: z.number(),
    /** Loss and metrics of the validation part, with the parameters that would be judged; of folds the mean. */
    validation: summary,
    /** Of folds the sample deviation. */
    deviation: summary.optional(),
  }),
  /** The training failed: why. */
  z.strictObject({ diverged: z.string() }),
]);

export type Outcome = z.output<typeof outcome>;
export type Validated = Exclude<Outcome, { diverged: string }>;

export const isValidated = (found: Outcome): found is Validated => !("diverged" in found);
