/**
 * The spec in a checkpoint, and its differences from another spec. `tapeless train` adds the canonical spec to
 * each checkpoint, so that messages can name the values that differ, and so that `predict` can ignore those that do
 * not affect predictions.
 */
import { formatPath } from "../../../compiler/diagnostics/diagnostic.ts";
import type { SpecPath } from "../../../compiler/diagnostics/diagnostic.ts";
import { meaningOf } from "../../../compiler/spec/canonical.ts";
import type { Model } from "../../../compiler/spec/types.ts";
import { canonicalJson } from "../../../compiler/util/json.ts";
import type { CheckpointHeader, CheckpointMetadata } from "../../../runtime/checkpoints/checkpoint.ts";
import type { Trainable } from "../../../runtime/training/train-on.ts";

/** The metadata that contains the spec, as plain data. */
export const specMetadata = (model: Model): CheckpointMetadata => ({
  spec: JSON.parse(canonicalJson(meaningOf(model))),
});

/** Wraps a trainer so that its checkpoints contain the spec. */
export function savingSpec(trainer: Trainable, model: Model): Trainable {
  const spec = specMetadata(model);
  return {
    get epoch() {
      return trainer.epoch;
    },
    save: (metadata) => trainer.save({ ...metadata, ...spec }),
    evaluateAll: (data) => trainer.evaluateAll(data),
    epochs: (data, options) => trainer.epochs(data, options),
    samples: () => trainer.samples?.(),
    isInterrupted: () => trainer.isInterrupted?.() ?? false,
  };
}

/** A value that differs. It is undefined where a spec does not have it. */
export interface SpecChange {
  readonly path: SpecPath;
  readonly was: unknown;
  readonly is: unknown;
}

/** The differences of a spec from that of a checkpoint. Undefined if the checkpoint does not contain its spec. */
export function changesSince({ notes }: CheckpointHeader, model: Model): SpecChange[] | undefined {
  const { spec } = notes;
  return isRecord(spec) ? changesOf(spec, specMetadata(model).spec, []) : undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function changesOf(was: unknown, is: unknown, path: SpecPath): SpecChange[] {
  if (canonicalJson(was) === canonicalJson(is)) return [];
  if (Array.isArray(was) && Array.isArray(is) && was.length === is.length)
    return was.flatMap((value: unknown, i) => changesOf(value, is[i], [...path, i]));
  if (!isRecord(was) || !isRecord(is)) return [{ path, was, is }];
  // Entries of different types have different keys, which are not worth a line each.
  if (was.type !== is.type) return [{ path: [...path, "type"], was: was.type, is: is.type }];
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys].flatMap((key) => changesOf(was[key], is[key], [...path, key]));
}

/** Keys of layers that affect only training. The keys of the first value are those of every layer. */
const trainingKeys: Readonly<Record<string, readonly string[]>> = {
  "": ["init", "biasInit", "recurrentInit", "trainable"],
  dropout: ["rate"],
  "batch-norm": ["momentum"],
};

/** Whether predictions depend on a value. */
export function affectsPrediction({ path }: SpecChange, model: Model): boolean {
  const [section, entry, key] = path;
  switch (section) {
    case "optimizer":
    case "training":
    case "regularization":
    case "metrics":
      return false;
    case "loss":
      // The type of the loss determines the meaning of the output, such as logits of probabilities.
      return entry === undefined || entry === "type";
    case "losses":
      return !(key === "loss" ? path.length > 3 && path[3] !== "type" : isOfTraining(key));
    case "data":
      return !["file", "test", "validation"].includes(`${entry}`);
    case "network": {
      const layer = typeof entry === "number" ? model.network[entry] : undefined;
      const ofTraining = [...trainingKeys[""], ...(trainingKeys[layer?.type ?? ""] ?? [])];
      return !ofTraining.includes(`${key}`);
    }
  }
  return true;
}

const isOfTraining = (key: unknown): boolean =>
  ["weight", "metrics", "classWeights", "sampleWeights"].includes(`${key}`);

/** The maximum number of values in a message. */
const mostShown = 6;

/** A line for each value that differs, for a message. */
export function changeLines(changes: readonly SpecChange[]): string[] {
  const lines = changes
    .slice(0, mostShown)
    .map(
      ({ path, was, is }) =>
        `${formatPath(path)}: ${valueText(was)} in the checkpoint, ${valueText(is)} in the spec`,
    );
  return changes.length > mostShown ? [...lines, `and ${changes.length - mostShown} more`] : lines;
}

function valueText(value: unknown): string {
  if (value === undefined) return "absent";
  if (Array.isArray(value) && value.some(isRecord)) return `a list of ${value.length}`;
  const text = canonicalJson(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
