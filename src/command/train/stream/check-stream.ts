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

const hint = "omit one of the two";

/** @throws DiagnosticError (T1010) */
export function checkStream(model: Model, flags: TrainFlags): void {
  if (!flags.stream) {
    const [given] = [flags.block && "--block", flags.buffer && "--buffer"].filter(Boolean);
    if (given) throw usageError(`${given} needs --stream`, "add --stream");
    return;
  }
  for (const [flag, isGiven] of Object.entries(otherFlags(flags)))
    if (isGiven)
      throw usageError(`--stream cannot be combined with ${flag}, which needs all rows in memory`, hint);
  const part = partOf(model);
  if (part !== undefined)
    throw usageError(`--stream does not support ${part}, because that needs all rows in memory`, hint);
}

const otherFlags = ({ report, serve, tensorboard, sample, findLearningRate }: TrainFlags) => ({
  "--report": report !== undefined,
  "--serve": serve !== undefined,
  "--tensorboard": tensorboard !== undefined,
  "--sample": sample !== undefined,
  "--find-learning-rate": findLearningRate === true,
});

/** The part of the spec that cannot be computed block by block. */
function partOf({ data, training, losses = {} }: Model): string | undefined {
  const { validation, test, classWeights } = training;
  const rules: readonly (SplitRule | undefined)[] = [test, validation];
  const fields = { ...data?.inputs, ...data?.targets };
  const dated = Object.keys(fields).find((name) => fields[name].dates !== undefined);
  const weights = [classWeights, ...Object.values(losses).map((loss) => loss.classWeights)];
  if (data !== undefined && typeof data.file !== "string") return "IDX files";
  if (data?.windows !== undefined) return "`windows`";
  if (validation?.folds !== undefined) return "folds";
  if (rules.some((rule) => rule?.last !== undefined)) return "a split with `last`";
  if (rules.some((rule) => rule?.after !== undefined)) return "a split with `after`";
  if (rules.some((rule) => rule?.group !== undefined)) return "a split by `group`";
  if (weights.includes("balanced")) return "balanced class weights";
  return dated === undefined ? undefined : `dates (the input ${JSON.stringify(dated)})`;
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
