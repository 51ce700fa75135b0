/** The spec and the parameters of recognised layers. */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { isUsableName } from "../../compiler/spec/check/check-names.ts";
import { nameMaker } from "../../compiler/util/name-maker.ts";
import type { StoredTensor } from "../formats/parameters/tensors.ts";
import { identityAxes, refuse } from "./recognition.ts";
import type { Draft, Place } from "./recognition.ts";
import type { Recognition } from "./recognise.ts";
import type { SourceGraph } from "./source-graph.ts";

/** A layer of the spec with its name. */
export interface NamedDraft {
  readonly name: string;
  /** Whether a spec must state the name, because it is not the default. */
  readonly isStated?: boolean;
  readonly draft: Draft;
}

/** An input with the order of axes that converts its values from the file to the spec. */
export interface NamedInput extends NamedDraft {
  readonly order: readonly number[];
}

export interface RecognisedSpec {
  /** Plain data, as in a spec file. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly layers: readonly NamedDraft[];
  /** The name in the spec of each input of the file. */
  readonly inputs: ReadonlyMap<string, NamedInput>;
  readonly parameters: readonly StoredTensor[];
  /** The order of the axes that converts an output of the file to one of the spec. */
  readonly outputOrder: readonly number[];
}

/** @throws NotRecognised if no layer has the output in the order of the file. */
export function specOf(
  name: string,
  source: SourceGraph,
  { inputs, drafts, output }: Recognition,
): RecognisedSpec {
  const { place, order } = checkedOutput(output);
  const merged = withActivations(drafts, place.draft);
  const begins = drafts.flatMap(({ keys }) => (typeof keys.begin === "string" ? [keys.begin] : []));
  const layers = namedLayers(merged.drafts, begins);
  const taken = [...layers.map((layer) => layer.name), ...begins];
  const named = namedInputs(inputs, taken);
  const names = new Map([...named, ...layers].map((each) => [each.draft, each.name]));
  const nameOf = (draft: Draft): string => names.get(merged.current(draft)) ?? "";
  const network = layers.map(({ name, isStated, draft }, i) => {
    // A layer `onnx` may begin at a value of its file.
    const { begin, ...keys } = draft.keys;
    const from = [...draft.from.map(nameOf), ...(typeof begin === "string" ? [begin] : [])];
    const before = i === 0 ? (named.length === 1 ? named[0].name : undefined) : layers[i - 1].name;
    const isDefault = from.length === 1 && from[0] === before;
    return {
      type: draft.type,
      ...(isStated ? { name } : {}),
      ...keys,
      ...(isDefault ? {} : { from: from.length === 1 ? from[0] : from }),
    };
  });
  const shape = source.shape(source.output);
  const sizes = order.filter((axis) => place.axes[axis] !== null).map((axis) => shape[axis]);
  const outputName = nameOf(place.draft);
  const spec = {
    name: specName(name),
    inputs: Object.fromEntries(
      named.map(({ name: own, draft: { keys } }) => [
        own,
        { shape: keys.shape, ...(keys.dtype === undefined ? {} : { dtype: keys.dtype }) },
      ]),
    ),
    targets: { target: { shape: sizes.slice(1).map(Number) } },
    network,
    ...(outputName === layers.at(-1)?.name ? {} : { output: outputName }),
    loss: "mse",
    optimizer: { type: "adam" },
    training: { epochs: 10, batchSize: 32, seed: 1 },
  };
  return {
    spec,
    layers,
    inputs: new Map(named.map((each) => [String(each.draft.keys.name), each])),
    parameters: layers.flatMap(parametersOf),
    outputOrder: order,
  };
}

/** The place of the output, and the order of its axes in the layer. */
function checkedOutput(place: Place | undefined): {
  readonly place: Place;
  readonly order: readonly number[];
} {
  invariant(place !== undefined, "all nodes are recognised");
  if (place.draft.type === "input") refuse("the model only arranges its input");
  if (place.flattened !== undefined)
    refuse("the output is a flattened image, whose elements have another order with channels last");
  return { place, order: orderOf(place.axes) };
}

/** The axis of the value for each axis of the layer. Axes of length 1 that the layer lacks follow at the end. */
const orderOf = (axes: readonly (number | null)[]): readonly number[] => {
  const rank = axes.length;
  return [...identityAxes(rank)].sort((a, b) => (axes[a] ?? rank) - (axes[b] ?? rank));
};

interface Merged {
  readonly drafts: readonly Draft[];
  /** The layer that has the value of a draft. */
  current(draft: Draft): Draft;
}

/** Layers with a key for their activation. */
const activated = ["dense", "conv1d", "conv2d", "conv1d-transpose", "conv2d-transpose"];

/** Moves activations into the layers that they read, if nothing else reads these. */
function withActivations(drafts: readonly Draft[], output: Draft): Merged {
  const readers = new Map<Draft, number>([[output, 1]]);
  for (const { from } of drafts) for (const draft of from) readers.set(draft, (readers.get(draft) ?? 0) + 1);
  const current = new Map<Draft, Draft>();
  const merged: Draft[] = [];
  for (const draft of drafts) {
    const [read] = draft.from;
    const before = current.get(read) ?? read;
    const isMerged =
      draft.type === "activation" &&
      activated.includes(before.type) &&
      before.keys.activation === undefined &&
      readers.get(read) === 1;
    if (!isMerged) {
      merged.push(draft);
      continue;
    }
    const { fn, ...own } = draft.keys;
    const activation = Object.keys(own).length === 0 ? fn : { type: fn, ...own };
    const keys = { ...before.keys, activation };
    const both = { ...before, keys, nodes: [...before.nodes, ...draft.nodes] };
    merged[merged.indexOf(before)] = both;
    current.set(read, both);
    current.set(draft, both);
  }
  return { drafts: merged, current: (draft) => current.get(draft) ?? draft };
}

/**
 * The default names: the type and an ordinal. Where a layer `onnx` begins at a value of this name, the layer of the
 * spec gets another one, because `from` would take the value for the layer.
 */
function namedLayers(drafts: readonly Draft[], begins: readonly string[]): NamedDraft[] {
  const unique = nameMaker(begins, "_");
  const counts = new Map<string, number>();
  return drafts.map((draft) => {
    const ordinal = (counts.get(draft.type) ?? 0) + 1;
    counts.set(draft.type, ordinal);
    const usual = `${draft.type}${ordinal}`;
    const name = unique(usual);
    return { name, isStated: name !== usual, draft };
  });
}

/** The names of the file, without characters that names in a spec cannot have. */
function namedInputs(inputs: readonly Place[], taken: readonly string[]): NamedInput[] {
  const unique = nameMaker(taken, "_");
  return inputs.map(({ draft, axes }) => ({
    name: unique(usable(String(draft.keys.name), "x")),
    draft,
    order: orderOf(axes),
  }));
}

/** The name of the spec, from that of its file. */
export const specName = (file: string): string => usable(file, "model");

function usable(text: string, otherwise: string): string {
  const name = text
    .replaceAll(/[^A-Za-z0-9_-]+/g, "_")
    .replace(/^[^A-Za-z]+/, "")
    .slice(0, 60);
  return isUsableName(name) ? name : otherwise;
}

const parametersOf = ({ name, draft }: NamedDraft): StoredTensor[] =>
  [...draft.parameters].map(([own, { shape, data }]) => ({
    name: `${name}.${own}`,
    shape,
    numbers: () => data,
  }));
