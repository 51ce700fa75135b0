/**
 * Recognises the layers of an ONNX file. The nodes are read in order, and each is compared with the rows of the table
 * of patterns. Nodes that are not a part of any layer are collected with the reason. The part of the file that contains
 * them becomes one layer of the type `onnx`.
 */
import { cutModel, readBy } from "../../compiler/library/onnx/cut-model.ts";
import { InvalidModel } from "../../compiler/library/onnx/invalid-model.ts";
import type { ModelNode, OnnxModel } from "../../compiler/library/onnx/model.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { patterns } from "./patterns/index.ts";
import { channelsFirst, hasNoLayer, identityAxes, NotRecognised, Reading, sameAxes } from "./recognition.ts";
import type { Place, Recognised } from "./recognition.ts";
import type { SourceGraph } from "./source-graph.ts";

/** A node that is not a part of any layer, and why. */
export interface Unrecognised {
  readonly node: ModelNode;
  readonly reason: string;
}

export interface Recognition extends Pick<Recognised, "drafts"> {
  readonly inputs: readonly Place[];
  /** The place of the output, unless a node before it is not recognised. */
  readonly output: Place | undefined;
  /** The nodes that are not a part of any layer. */
  readonly unrecognised: readonly Unrecognised[];
}

/** The order of the axes of inputs with three or four axes. */
type InputLayout = "as in the file" | "channels first";
const layouts: readonly InputLayout[] = ["as in the file", "channels first"];

/**
 * The layers of the file. Inputs with three or four axes are images or sequences with channels first, if more nodes
 * are recognised then.
 */
export function recognise(source: SourceGraph): Recognition {
  const [asInFile, turned] = layouts.map((layout) => {
    const { state, inputs } = startOf(source, layout);
    const unrecognised = walk(source, source.nodes, state);
    return { inputs, drafts: state.drafts, output: state.places.get(source.output), unrecognised };
  });
  return turned.unrecognised.length < asInFile.unrecognised.length ? turned : asInFile;
}

function startOf(source: SourceGraph, layout: InputLayout) {
  const state: Recognised = { places: new Map(), drafts: [], consumed: new Set() };
  const inputs = source.inputs.map(({ name, sizes, element }): Place => {
    const axes = sizes.length + 1;
    const isTurned = layout === "channels first" && element === "real" && (axes === 3 || axes === 4);
    const shape = isTurned ? [...sizes.slice(1), sizes[0]] : sizes;
    const keys = { name, shape, ...(element === "real" ? {} : { dtype: "i32" }) };
    const draft = { type: "input", keys, from: [], parameters: new Map(), nodes: [] };
    const place = { draft, axes: isTurned ? channelsFirst(axes - 2) : identityAxes(axes) };
    state.places.set(name, place);
    return place;
  });
  return { state, inputs };
}

const byOperator = groupBy(
  patterns.flatMap((pattern) => pattern.operators.map((operator) => ({ operator, pattern }))),
  ({ operator }) => operator,
);

/** Whether the layers compute the output of the file. */
export const isWhole = ({ unrecognised, output }: Recognition): boolean =>
  unrecognised.length === 0 && output?.flattened === undefined;

/** Recognises these nodes, in order. Returns those that are not recognised. */
function walk(source: SourceGraph, nodes: readonly ModelNode[], state: Recognised): readonly Unrecognised[] {
  const unrecognised: Unrecognised[] = [];
  for (const node of nodes) {
    if (state.consumed.has(node)) continue;
    const isBlocked = node.inputs.some((name) => source.isData(name) && !state.places.has(name));
    const rows = (!isBlocked && node.domain === "" && byOperator.get(node.operator)) || [];
    const reasons = rows.map(({ pattern }) =>
      state.consumed.has(node) ? "" : attempt(() => pattern.read(new Reading(node, source, state))),
    );
    if (!state.consumed.has(node))
      unrecognised.push({ node, reason: isBlocked ? hasNoLayer : (reasons.at(-1) ?? unknownOperator) });
  }
  return unrecognised;
}

const unknownOperator = "is an operator that no layer computes";

/** Runs `read`. Returns the reason why it does not recognise the node. */
function attempt(read: () => void): string {
  try {
    read();
    return "";
  } catch (error) {
    if (!(error instanceof NotRecognised)) throw error;
    return error.message;
  }
}

// The part of the file that is not a network of layers.

/** A value through which all paths go: every later value is computed from it, and from no earlier one. */
interface Cut {
  readonly value: string;
  /** The index of the first node after it. */
  readonly next: number;
}

/** The maximum number of values after the part that are tried. */
const mostTried = 100;

/**
 * The layers of a file that contains other nodes, too: the shortest part with these nodes becomes a layer `onnx`, which
 * reads one value and returns one. Undefined if there is no such part.
 */
export function recogniseAround(
  source: SourceGraph,
  model: OnnxModel,
  file: string,
): Recognition | undefined {
  const cuts = cutsOf(source);
  const found = layouts.flatMap((layout) => {
    const { state } = startOf(source, layout);
    const [first] = walk(source, source.nodes, state);
    const at = first === undefined ? source.nodes.length - 1 : source.nodes.indexOf(first.node);
    const begins = cuts.filter(({ value, next }) => next <= at && isPlain(state.places.get(value)));
    const begin = begins.at(-1);
    if (begin === undefined) return [];
    const ends = [...cuts.filter(({ next }) => next > at).slice(0, mostTried), undefined];
    for (const end of ends) {
      const around = withPart(source, model, file, layout, begin, end);
      if (around !== undefined) return [around];
    }
    return [];
  });
  const sizeOf = ({ drafts }: Recognition): number =>
    drafts.find(({ type }) => type === "onnx")?.nodes.length ?? 0;
  return found.sort((a, b) => sizeOf(a) - sizeOf(b))[0];
}

/** Whether the value has the axes of its layer. */
const isPlain = (place: Place | undefined): boolean =>
  place !== undefined &&
  place.flattened === undefined &&
  sameAxes(place.axes, identityAxes(place.axes.length));

/** The layers if the nodes between two cuts are one layer, and all others are recognised. */
function withPart(
  source: SourceGraph,
  model: OnnxModel,
  file: string,
  layout: InputLayout,
  begin: Cut,
  end: Cut | undefined,
): Recognition | undefined {
  const { nodes, output, inputs: given } = source;
  const isInput = given.some(({ name }) => name === begin.value);
  const until = end === undefined || end.value === output ? undefined : end.value;
  if (!canCut(model, isInput ? undefined : begin.value, until)) return undefined;
  const { state, inputs } = startOf(source, layout);
  if (walk(source, nodes.slice(0, begin.next), state).length > 0) return undefined;
  const place = state.places.get(begin.value);
  if (place === undefined) return undefined;
  const inside = nodes.slice(begin.next, end?.next);
  const keys = {
    file,
    ...(isInput ? {} : { begin: begin.value }),
    ...(until === undefined ? {} : { until }),
  };
  const draft = { type: "onnx", keys, from: [place.draft], parameters: new Map(), nodes: inside };
  state.drafts.push(draft);
  const value = until ?? output;
  const shape = source.shape(value);
  if (shape[0] !== source.rows) return undefined;
  state.places.set(value, { draft, axes: identityAxes(shape.length) });
  const unrecognised = end === undefined ? [] : walk(source, nodes.slice(end.next), state);
  const result = { inputs, drafts: state.drafts, output: state.places.get(output), unrecognised };
  return isWhole(result) ? result : undefined;
}

/** Whether the layer `onnx` can compute this part of the file. */
function canCut(model: OnnxModel, from: string | undefined, until: string | undefined): boolean {
  try {
    cutModel(model, { from, until });
    return true;
  } catch (error) {
    if (!(error instanceof InvalidModel)) throw error;
    return false;
  }
}

/** All cuts of the file, in order. */
function cutsOf({ nodes, inputs, output, isData }: SourceGraph): readonly Cut[] {
  const lastReader = new Map<string, number>([[output, nodes.length]]);
  nodes.forEach((node, index) =>
    readBy(node).forEach((name) => lastReader.set(name, Math.max(index, lastReader.get(name) ?? 0))),
  );
  const live = new Set(inputs.map(({ name }) => name));
  const cuts: Cut[] = [];
  for (let next = 0; next <= nodes.length; next++) {
    for (const name of live) if ((lastReader.get(name) ?? -1) < next) live.delete(name);
    const [value, ...others] = live;
    if (value !== undefined && others.length === 0) cuts.push({ value, next });
    if (next < nodes.length) nodes[next].outputs.filter(isData).forEach((name) => live.add(name));
  }
  return cuts;
}
