/** The values of a spec that the controls show, and the edits that set them. */
import { valueAt, type SpecEdit } from "../../editor/edit-spec.ts";
import type { Binding, Reading } from "./control-fields.ts";
import { planeFeatures, planeFile, planeOfFile, type Plane } from "./planes.ts";

type Path = readonly (string | number)[];

const set = (path: Path, value: unknown): SpecEdit => ({ kind: "set", path, value });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// Data. The generated sets have a folder in their names, as files on disk would have.

export const dataFileOf = (spec: unknown): string | undefined => {
  const file = valueAt(spec, ["data", "file"]);
  return typeof file === "string" ? file.replace(/^.*\//, "") : undefined;
};

export const planeOfSpec = (spec: unknown): Plane | undefined => planeOfFile(dataFileOf(spec) ?? "");

const readPlane = (spec: unknown): Reading<Plane> => {
  const plane = planeOfSpec(spec);
  if (plane !== undefined) return { value: plane };
  const file = dataFileOf(spec);
  return {
    problem:
      file === undefined ? "The spec has no data file." : `The page does not generate the file ${file}.`,
  };
};

const writePlane = (plane: Plane): readonly SpecEdit[] => [set(["data", "file"], `data/${planeFile(plane)}`)];

const mapped = <T, U>(reading: Reading<T>, map: (value: T) => U): Reading<U> =>
  "value" in reading ? { value: map(reading.value) } : reading;

export const datasetBinding: Binding<string> = {
  label: "Data set",
  read: (spec) => mapped(readPlane(spec), (plane) => plane.set),
  write: (name, spec) => writePlane({ set: name, noise: planeOfSpec(spec)?.noise ?? 0 }),
};

export const noiseBinding: Binding<number> = {
  label: "Noise",
  read: (spec) => mapped(readPlane(spec), ({ noise }) => noise),
  write: (noise, spec) => writePlane({ set: planeOfSpec(spec)?.set ?? "moons", noise }),
};

/** The only input of a spec, if its columns are features of the plane. */
function featuresOf(spec: unknown): Reading<{ readonly input: string; readonly columns: readonly string[] }> {
  const plane = readPlane(spec);
  if ("problem" in plane) return plane;
  const inputs = Object.entries(valueAt(spec, ["data", "inputs"]) ?? {});
  if (inputs.length !== 1) return { problem: "Features can be chosen if the spec has one input." };
  const [[input, field]] = inputs;
  const columns: unknown = valueAt(field, ["columns"]);
  const isPlain =
    Array.isArray(columns) && columns.every((name) => Object.hasOwn(planeFeatures, String(name)));
  if (!isPlain) return { problem: `The columns of ${input} are not features of the plane.` };
  return { value: { input, columns: columns.map(String) } };
}

export const featuresBinding: Binding<readonly string[]> = {
  label: "Features",
  read: (spec) => mapped(featuresOf(spec), ({ columns }) => columns),
  write(columns, spec) {
    const reading = featuresOf(spec);
    if ("problem" in reading) return [];
    const { input } = reading.value;
    return [
      set(["data", "inputs", input, "columns"], columns),
      set(["inputs", input, "shape"], [columns.length]),
    ];
  },
};

// The network.

export interface HiddenLayer {
  readonly index: number;
  /** Why the layer has no controls; undefined for dense layers. */
  readonly problem: string | undefined;
}

/** The layers before the last one, which belongs to the target. */
export function hiddenLayersOf(spec: unknown): Reading<readonly HiddenLayer[]> {
  const network = valueAt(spec, ["network"]);
  if (!Array.isArray(network)) return { problem: "The spec has no list of layers." };
  const last: unknown = network.at(-1);
  if (!isObject(last) || last.type !== "dense")
    return { problem: "Layers can be added before a last layer of the type dense." };
  return {
    value: network.slice(0, -1).map((layer: unknown, index) => {
      const type = isObject(layer) ? layer.type : undefined;
      const problem = type === "dense" ? undefined : `A layer of the type ${String(type)} has no controls.`;
      return { index, problem };
    }),
  };
}

const numberAt = (spec: unknown, path: Path, problem: string): Reading<number> => {
  const value = valueAt(spec, path);
  return typeof value === "number" ? { value } : { problem };
};

export const unitsBinding = (index: number): Binding<number> => ({
  label: `Units of layer ${index + 1}`,
  read: (spec) => numberAt(spec, ["network", index, "units"], "The number of units is not a number."),
  write: (units) => [set(["network", index, "units"], units)],
});

const activationAt = (spec: unknown, index: number): Reading<string> => {
  const value = valueAt(spec, ["network", index, "activation"]);
  if (value === undefined) return { value: "linear" };
  return typeof value === "string"
    ? { value }
    : { problem: "The activation has its own parameters or formula." };
};

export const activationBinding = (index: number): Binding<string> => ({
  label: `Activation of layer ${index + 1}`,
  read: (spec) => activationAt(spec, index),
  write: (name) => [set(["network", index, "activation"], name)],
});

/** Adds a layer like the last hidden one. */
export function addLayer(spec: unknown): readonly SpecEdit[] {
  const layers = hiddenLayersOf(spec);
  if ("problem" in layers) return [];
  const before = layers.value.findLast(({ problem }) => problem === undefined);
  const activation = before && activationAt(spec, before.index);
  const units = before && valueAt(spec, ["network", before.index, "units"]);
  const value = {
    type: "dense",
    units: typeof units === "number" ? units : 4,
    activation: activation !== undefined && "value" in activation ? activation.value : "tanh",
  };
  return [{ kind: "insert", path: ["network"], index: layers.value.length, value }];
}

export const removeLayer = (index: number): readonly SpecEdit[] => [
  { kind: "remove", path: ["network", index] },
];

// Training.

const optimizerType = (spec: unknown): Reading<string> => {
  const value = valueAt(spec, ["optimizer"]);
  const type = isObject(value) ? value.type : value;
  return typeof type === "string" ? { value: type } : { problem: "The optimizer is not one of the list." };
};

/** The keys that every optimizer has. */
const shared: readonly string[] = ["type", "learningRate", "weightDecay", "clip"];

export const optimizerBinding: Binding<string> = {
  label: "Optimizer",
  read: optimizerType,
  write(type, spec) {
    const value = valueAt(spec, ["optimizer"]);
    if (!isObject(value)) return [set(["optimizer"], type)];
    const kept = Object.entries(value).filter(([key]) => shared.includes(key));
    // The keys of one optimizer are errors for another.
    if (kept.length < Object.keys(value).length)
      return [set(["optimizer"], { ...Object.fromEntries(kept), type })];
    return [set(["optimizer", "type"], type)];
  },
};

/** The rate of the optimizer; 0 if the spec leaves it to the optimizer. */
export const rateBinding: Binding<number> = {
  label: "Learning rate",
  read(spec) {
    const value = valueAt(spec, ["optimizer", "learningRate"]);
    if (value === undefined) return mapped(optimizerType(spec), () => 0);
    return typeof value === "number" ? { value } : { problem: "The learning rate changes by a schedule." };
  },
  write(rate, spec) {
    const value = valueAt(spec, ["optimizer"]);
    if (rate === 0) return [{ kind: "remove", path: ["optimizer", "learningRate"] }];
    if (!isObject(value)) return [set(["optimizer"], { type: value, learningRate: rate })];
    return [set(["optimizer", "learningRate"], rate)];
  },
};

export const batchBinding: Binding<number> = {
  label: "Batch size",
  read: (spec) => numberAt(spec, ["training", "batchSize"], "The spec does not state the batch size."),
  write: (size) => [set(["training", "batchSize"], size)],
};

export const epochsBinding: Binding<number> = {
  label: "Epochs",
  read: (spec) => numberAt(spec, ["training", "epochs"], "The spec does not state the number of epochs."),
  write: (epochs) => [set(["training", "epochs"], epochs)],
};

/** The penalty of the weights: its norm, "none" for no penalty, and its strength. */
function penaltyOf(spec: unknown): Reading<{ readonly norm: string; readonly strength: number }> {
  const value = valueAt(spec, ["regularization"]) ?? {};
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length === 0) return { value: { norm: "none", strength: defaultPenalty } };
  const [[norm, strength]] = entries;
  if (entries.length > 1 || typeof strength !== "number")
    return { problem: "The spec has more than one penalty." };
  return { value: { norm, strength } };
}

const defaultPenalty = 0.001;

export const penaltyBinding: Binding<string> = {
  label: "Regularization",
  read: (spec) => mapped(penaltyOf(spec), ({ norm }) => norm),
  write(norm, spec) {
    if (norm === "none") return [{ kind: "remove", path: ["regularization"] }];
    const before = penaltyOf(spec);
    return [set(["regularization"], { [norm]: "value" in before ? before.value.strength : defaultPenalty })];
  },
};

export const strengthBinding: Binding<number> = {
  label: "Strength",
  read(spec) {
    const penalty = penaltyOf(spec);
    if ("problem" in penalty) return penalty;
    const { norm, strength } = penalty.value;
    return norm === "none" ? { problem: "Choose L1 or L2 first." } : { value: strength };
  },
  write(strength, spec) {
    const penalty = penaltyOf(spec);
    const norm = "value" in penalty && penalty.value.norm !== "none" ? penalty.value.norm : "l2";
    return [set(["regularization", norm], strength)];
  },
};
