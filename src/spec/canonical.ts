// From a spec that passed all checks to the canonical tree, and its hash.
import { canonicalJson } from "../util/canonical-json.ts";
import { sha256 } from "../util/sha256.ts";
import { defaultRates } from "./default-rates.ts";
import type { FlatNetwork } from "./flatten.ts";
import type { FullSpec } from "./schema.ts";
import type { Columns, Model, ModelData, ModelTarget, Optimizer, Schedule, Training } from "./types.ts";

/** Makes everything explicit. `flat` is the spec's network with its blocks written out. */
export function canonicalModel(spec: FullSpec, { network, output }: FlatNetwork): Model {
  const targets = mapValues(spec.targets, ({ shape = [], classes }): ModelTarget =>
    classes === undefined ? { shape } : { shape, classes },
  );
  const tree = {
    name: spec.name,
    inputs: mapValues(spec.inputs, ({ shape, dtype }) => ({ shape, dtype })),
    targets,
    network,
    output,
    loss: spec.loss,
    metrics: spec.metrics,
    regularization: spec.regularization,
    optimizer: canonicalOptimizer(spec.optimizer),
    training: canonicalTraining(spec.training, targets, spec.data),
    ...(spec.data && { data: canonicalData(spec.data) }),
  };
  // Where a layer is written is no part of what the model is.
  const meaning = { ...tree, network: network.map(({ path: _, ...layer }) => layer) };
  return { ...tree, specHash: sha256(canonicalJson(meaning)) };
}

function canonicalOptimizer(optimizer: FullSpec["optimizer"]): Optimizer {
  const learningRate: Schedule = optimizer.learningRate ?? {
    type: "constant",
    initial: defaultRates[optimizer.type],
  };
  return { ...optimizer, learningRate };
}

function canonicalTraining(
  { search: _, ...training }: FullSpec["training"],
  targets: Readonly<Record<string, ModelTarget>>,
  data: FullSpec["data"],
): Training {
  // What follows in a text has a class at each place, so a row has none to keep shares of.
  const classes =
    Object.values(targets).some((target) => target.classes !== undefined) &&
    !Object.values(data?.targets ?? {}).some(({ nextOf }) => nextOf !== undefined);
  return { ...training, stratify: training.stratify ?? classes };
}

type SpecData = NonNullable<FullSpec["data"]>;

function canonicalData({ file, idx, train, test, inputs = {}, targets = {} }: SpecData): ModelData {
  const columns = (record: Readonly<Record<string, Partial<Columns>>>) =>
    mapValues(record, (entry): Columns => ({ columns: [], ...entry }));
  const files = (part: NonNullable<SpecData["train"]>) => (typeof part === "string" ? part : part.idx);
  // The checks hold that there is one of `file`, `idx` and `train`, and `test` beside `train` alone.
  return {
    file: file ?? idx ?? files(train ?? ""),
    ...(test === undefined ? {} : { test: files(test) }),
    inputs: columns(inputs),
    targets: columns(targets),
  };
}

/** fromEntries defines own properties, so that no name reaches a prototype. */
function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
