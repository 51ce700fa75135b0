// Converts a spec that passed all checks to the canonical spec, with its hash.
import type { OnnxModel } from "../library/onnx/model.ts";
import { optimizerOf } from "../library/optimizers/index.ts";
import { canonicalJson } from "../util/json.ts";
import { mapValues } from "../util/collections.ts";
import { sha256 } from "../util/sha256.ts";
import type { FlatNetwork } from "./written-network.ts";
import type { FullSpec } from "./schema.ts";
import type {
  ClassWeights,
  Columns,
  Model,
  ModelData,
  ModelTarget,
  Optimizer,
  Schedule,
  TargetLoss,
  Training,
} from "./types.ts";

/**
 * Returns the model, with short forms expanded and defaults filled in. `network` is the spec's network with
 * its blocks expanded.
 */
export function canonicalModel(
  spec: FullSpec,
  { network, outputs }: FlatNetwork,
  modelFiles: ReadonlyMap<string, OnnxModel>,
): Model {
  const targets = mapValues(spec.targets, ({ shape = [], classes }): ModelTarget =>
    classes === undefined ? { shape } : { shape, classes },
  );
  const tree = {
    name: spec.name,
    inputs: mapValues(spec.inputs, ({ shape, dtype, padding, lengths }) => ({
      shape,
      dtype,
      ...(padding === undefined ? {} : { padding }),
      ...(lengths === undefined ? {} : { lengths }),
    })),
    targets,
    network,
    ...canonicalLosses(spec, outputs),
    regularization: spec.regularization,
    optimizer: canonicalOptimizer(spec.optimizer, spec.training),
    training: canonicalTraining(spec.training, targets, spec.data),
    ...(spec.data && { data: canonicalData(spec.data, weightsByTarget(spec)) }),
  };
  return {
    ...tree,
    ...(modelFiles.size > 0 && { modelFiles }),
    specHash: sha256(canonicalJson(meaningOf(tree))),
  };
}

/**
 * The part of the model that its hash covers. The location of a layer in the spec is not part of it. The layers have
 * the hashes of model files.
 */
export function meaningOf({
  specHash: _,
  modelFiles: ___,
  network,
  ...model
}: Omit<Model, "specHash"> & Partial<Model>): object {
  return { ...model, network: network.map(({ path: __, ...layer }) => layer) };
}

/** The losses, in the order of the targets, and the layers that they read. */
function canonicalLosses(
  { targets, loss, losses, metrics }: FullSpec,
  outputs: FlatNetwork["outputs"],
): Pick<Model, "output" | "loss" | "metrics" | "losses"> {
  if (losses === undefined) return { output: Object.values(outputs)[0], loss, metrics };
  return {
    losses: mapValues(targets, (_, target): TargetLoss => {
      const { classWeights, ...entry } = losses[target];
      return {
        ...entry,
        from: outputs[target],
        ...(classWeights && { classWeights: weightsByNumber(classWeights) }),
      };
    }),
  };
}

function canonicalOptimizer(optimizer: FullSpec["optimizer"], training: FullSpec["training"]): Optimizer {
  const learningRate: Schedule = optimizer.learningRate ?? {
    type: "constant",
    initial: optimizerOf(optimizer).defaultRate,
  };
  const scale = scaleOf(learningRate, training);
  return { ...optimizer, learningRate: scale === 1 ? learningRate : { ...learningRate, scale } };
}

/**
 * The factor for a learning rate that was chosen for steps of `scaleFrom` rows. It is proportional to the
 * number of rows (P. Goyal et al., "Accurate, Large Minibatch SGD", 2017) or to its square root (A.
 * Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014).
 */
function scaleOf({ scaleFrom, rule }: Schedule, { batchSize, accumulate = 1 }: FullSpec["training"]): number {
  if (scaleFrom === undefined) return 1;
  const factor = (batchSize * accumulate) / scaleFrom;
  return rule === "sqrt" ? Math.sqrt(factor) : factor;
}

function canonicalTraining(
  { search: _, ...training }: FullSpec["training"],
  targets: Readonly<Record<string, ModelTarget>>,
  data: FullSpec["data"],
): Training {
  // Rows are stratified by the first target. A target with `nextOf` has a class at each position, not one
  // class per row, so rows cannot be stratified by it.
  const [[first, { classes }]] = Object.entries(targets);
  const hasClasses = classes !== undefined && data?.targets?.[first]?.nextOf === undefined;
  const { classWeights, accumulate = 1, ...rest } = training;
  return {
    ...rest,
    stratify: training.stratify ?? (hasClasses && !isRuled(training, data)),
    ...(accumulate > 1 && { accumulate }),
    ...(classWeights && { classWeights: weightsByNumber(classWeights) }),
  };
}

/**
 * Whether any split follows a rule. For windows, every split does. Otherwise, splits are drawn at random from
 * all rows.
 */
export const isRuled = (
  { test = {}, validation = {} }: Pick<FullSpec["training"], "test" | "validation">,
  data: Pick<ModelData, "windows" | "validation"> | undefined,
): boolean =>
  data?.windows !== undefined ||
  data?.validation !== undefined ||
  [test, validation].some((rule) => Object.keys(rule).some((key) => key !== "fraction" && key !== "folds"));

type WrittenWeights = NonNullable<FullSpec["training"]["classWeights"]>;

const isByName = (weights: WrittenWeights): weights is Record<string, number> =>
  typeof weights === "object" && !Array.isArray(weights);

/** Classes are numbered in the sorted order of their names, as when the data is read. */
const weightsByNumber = (weights: WrittenWeights): ClassWeights =>
  isByName(weights)
    ? Object.entries(weights)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, weight]) => weight)
    : weights;

type Weights = Pick<FullSpec["training"], "classWeights" | "sampleWeights">;

/** The weights of classes and rows in the loss of each target. */
const weightsByTarget = ({ targets, training, losses }: FullSpec): Readonly<Record<string, Weights>> =>
  losses ?? mapValues(targets, () => training);

type SpecData = NonNullable<FullSpec["data"]>;

/** A count of 1 has no effect, so it is omitted. */
const rareCount = (minCount: number) => (minCount > 1 ? { minCount } : {});

/** The default number format has a decimal point and no thousands separator, and needs no entry. */
function numberFormat({ decimal = ".", thousands }: SpecData["numbers"] = {}): Pick<ModelData, "numbers"> {
  if (decimal === "." && thousands === undefined) return {};
  return { numbers: { decimal, ...(thousands !== undefined && { thousands }) } };
}
type SpecColumns = Omit<Partial<Columns>, "missing" | "unseen" | "names" | "window"> & {
  readonly window?: "past" | Columns["window"];
  readonly missing?: "error" | Columns["missing"];
  readonly unseen?: "zeros" | Columns["unseen"];
  readonly names?: boolean;
};

function canonicalData(
  { file, idx, train, test, separator, numbers, inputs = {}, targets = {}, ...series }: SpecData,
  weights: Readonly<Record<string, Weights>>,
): ModelData {
  const classNames = ({ classWeights = [] }: Weights) =>
    isByName(classWeights) ? { classNames: Object.keys(classWeights).sort() } : {};
  const sampleWeights = Object.values(weights).map((each) => each.sampleWeights);
  const columns = (record: Readonly<Record<string, SpecColumns>>) =>
    mapValues(record, ({ missing, unseen, minCount, names, window, ...entry }): Columns => ({
      columns: [],
      ...entry,
      ...(missing === undefined || missing === "error" ? {} : { missing }),
      ...(unseen === "category" ? { unseen } : {}),
      ...rareCount(minCount ?? (unseen === "category" ? 2 : 1)),
      ...(names === true ? { names } : {}),
      ...(window === undefined || window === "past" ? {} : { window }),
    }));
  const files = (split: NonNullable<SpecData["train"]>) => (typeof split === "string" ? split : split.idx);
  // The checks ensure that exactly one of `file`, `idx` and `train` exists, and that `test` exists only with
  // `train`.
  return {
    file: file ?? idx ?? files(train ?? ""),
    ...(test === undefined ? {} : { test: files(test) }),
    ...(separator === undefined || separator === "," ? {} : { separator }),
    ...numberFormat(numbers),
    ...(series.validation !== undefined && { validation: series.validation }),
    ...(series.time !== undefined && { time: series.time }),
    ...(series.windows !== undefined && { windows: series.windows }),
    inputs: Object.fromEntries(
      Object.entries(columns(inputs)).map(([name, entry]) => [
        name,
        sampleWeights.includes(name) ? { ...entry, weighs: true } : entry,
      ]),
    ),
    targets: mapValues(columns(targets), (entry, name) => ({ ...entry, ...classNames(weights[name]) })),
  };
}
