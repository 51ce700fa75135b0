/** Rejects flags and parts of a spec that `--stream` does not support. */
import type { Model, SplitRule } from "../../../compiler/spec/types.ts";
import type { CheckpointMetadata } from "../../../runtime/checkpoints/checkpoint.ts";
import { usageError } from "../../terminal/report-error.ts";
import type { TrainFlags } from "../train-flags.ts";
import type { StreamSizes } from "./streamed-dataset.ts";

/** The defaults of `--block` and `--buffer`. */
export const defaultSizes: StreamSizes = { block: 4096, buffer: 32 };

export const sizesIn = ({ block, buffer }: TrainFlags): StreamSizes => ({
  block: block ?? defaultSizes.block,
  buffer: buffer ?? defaultSizes.buffer,
});

/** @throws DiagnosticError (T1010) */
export function checkStream(model: Model, flags: TrainFlags): void {
  if (!flags.stream) {
    const [given] = [flags.block && "--block", flags.buffer && "--buffer"].filter(Boolean);
    if (given) throw usageError(`${given} needs --stream`, "add --stream");
    return;
  }
  for (const [flag, isGiven] of Object.entries(otherFlags(flags)))
    if (isGiven)
      throw usageError(
        `--stream cannot be combined with ${flag}, which needs all rows in memory`,
        "omit one of the two",
      );
  const part = partOf(model);
  if (part !== undefined)
    throw usageError(`--stream does not support ${part.what}, because ${part.why}`, part.hint);
}

const otherFlags = ({ report, serve, tensorboard, sample, findLearningRate }: TrainFlags) => ({
  "--report": report !== undefined,
  "--serve": serve !== undefined,
  "--tensorboard": tensorboard !== undefined,
  "--sample": sample !== undefined,
  "--find-learning-rate": findLearningRate === true,
});

/** A part of a spec that requires all rows, the reason, and what to use instead. */
interface Unsupported {
  readonly what: string;
  readonly why: string;
  readonly hint: string;
}

const inMemory = "omit --stream";
const inColumn = 'assign the rows in a column ({ "column": "split" }) or a file ({ "file": … })';

/** The part of the spec that cannot be computed block by block. */
function partOf({ data, training, losses = {} }: Model): Unsupported | undefined {
  const { validation, test, classWeights } = training;
  const rules: readonly (SplitRule | undefined)[] = [test, validation];
  const weights = [classWeights, ...Object.values(losses).map((loss) => loss.classWeights)];
  if (data !== undefined && typeof data.file !== "string") {
    const why = "it reads only files that contain whole rows";
    return { what: "IDX files", why, hint: `${inMemory}, or convert the files to CSV or JSON Lines` };
  }
  if (data?.windows !== undefined) {
    const why = "the rows of a window may be anywhere in the file";
    const hint = `${inMemory}: windows are views, so they need no more memory than the rows`;
    return { what: "`windows`", why, hint };
  }
  if (validation?.folds !== undefined) {
    const why = "rows are assigned to folds of equal size together, and each fold encodes all rows again";
    const hint = 'use "validation": { "fraction": … }, or one run per fold with { "column": …, "value": … }';
    return { what: "folds", why, hint };
  }
  for (const key of ["last", "group"] as const) {
    if (!rules.some((rule) => rule?.[key] !== undefined)) continue;
    const why = `${key === "group" ? "the groups" : "the times"} of all rows are needed to select its rows`;
    return { what: `a split with \`${key}\``, why, hint: inColumn };
  }
  if (!weights.includes("balanced")) return undefined;
  const why = "the classes of all rows are needed to compute them";
  return { what: "balanced class weights", why, hint: 'list the weights as "classWeights": { … }' };
}

/**
 * Checks that a checkpoint was trained with the same options. With other options, the splits would differ,
 * and training would use rows of the validation or test split.
 * @throws DiagnosticError (T1010)
 */
export function checkResumedStream(file: string, metadata: CheckpointMetadata, flags: TrainFlags): void {
  const given = flags.stream ? optionsText(sizesIn(flags)) : "";
  const before = optionsText(metadata.stream);
  if (given === before) return;
  const [was, is] = [before, given].map((options) => options || "no --stream");
  throw usageError(
    `${file} was trained with ${was}, not ${is}: the splits and the order of rows would differ`,
    before === "" ? "omit --stream" : `use ${before}`,
  );
}

const optionsText = (sizes: unknown): string =>
  isSizes(sizes) ? `--stream --block ${sizes.block} --buffer ${sizes.buffer}` : "";

const isSizes = (value: unknown): value is StreamSizes =>
  typeof value === "object" && value !== null && "block" in value && "buffer" in value;
