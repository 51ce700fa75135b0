/**
 * Recognises the layers of an ONNX file. The nodes are read in order, and each is compared with the rows of the table
 * of patterns. Nodes that are not a part of any layer are collected with the reason. Each stretch
 * of them becomes a layer of the type `onnx`.
 */
import { cutModel, readBy } from "../../compiler/library/onnx/cut-model.ts";
import { InvalidModel } from "../../compiler/library/onnx/invalid-model.ts";
import type { ModelNode, OnnxModel } from "../../compiler/library/onnx/model.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { patterns } from "./patterns/index.ts";
import { channelsFirst, hasNoLayer, identityAxes, NotRecognised, Reading, sameAxes } from "./recognition.ts";
import type { Draft, Place, Recognised } from "./recognition.ts";
import type { SourceGraph } from "./source-graph.ts";

/** A node that is not a part of any layer, and why. */
export interface Unrecognised {
  readonly node: ModelNode;
  readonly reason: string;
}

export interface Recognition extends Pick<Recognised, "drafts"> {
  readonly inputs: readonly Place[];
  /** The place of the output; undefined if the layers do not compute it. */
  readonly output: Place | undefined;
  /** The nodes that are not a part of any layer. */
  readonly unrecognised: readonly Unrecognised[];
}

/** The order of the axes of inputs with three or four axes. */
type InputLayout = "as in the file" | "channels first";
const layouts: readonly InputLayout[] = ["as in the file", "channels first"];

/**
 * The layers of a file. Nodes that are not a part of any layer are in layers `onnx`, if parts of the file contain them.
 * Otherwise, the result has no output.
 * @param file the path of the file in the spec
 */
export function recogniseModel(source: SourceGraph, model: OnnxModel, file: string): Recognition {
  const layers = recognise(source);
  if (layers.unrecognised.length === 0) return layers;
  const around = recogniseAround(source, model, file);
  if (around === undefined) return { ...layers, output: undefined };
  return { ...around, unrecognised: [...layers.unrecognised, ...around.unrecognised] };
}

/**
 * The layers of the file. Inputs with three or four axes are images or sequences with channels first, if more nodes
 * are recognised then.
 */
export function recognise(source: SourceGraph): Recognition {
  const [asInFile, turned] = layouts.map((layout) => {
    const { state, inputs } = startOf(source, layout);
    const unrecognised = [...walk(source, source.nodes, state)];
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

/** Recognises these nodes, in order. Yields those that are not recognised. */
function* walk(
  source: SourceGraph,
  nodes: readonly ModelNode[],
  state: Recognised,
): Generator<Unrecognised, void, undefined> {
  for (const node of nodes) {
    if (state.consumed.has(node)) continue;
    const isBlocked = node.inputs.some((name) => source.isData(name) && !state.places.has(name));
    const rows = (!isBlocked && node.domain === "" && byOperator.get(node.operator)) || [];
    const refusals: NotRecognised[] = [];
    for (const { pattern } of rows) {
      if (state.consumed.has(node)) break;
      refusals.push(...attempt(() => pattern.read(new Reading(node, source, state))));
    }
    if (!state.consumed.has(node)) yield { node, reason: isBlocked ? hasNoLayer : reasonOf(refusals) };
  }
  const end = source.producer(source.output);
  if (end !== undefined && state.places.get(source.output)?.flattened !== undefined)
    yield { node: end, reason: flattenedOutput };
}

const flattenedOutput = "returns a flattened image, whose elements have another order with channels last";
const unknownOperator = "is an operator that no layer computes";

/** The reason of the first pattern whose form the node has; otherwise, that of the last pattern. */
const reasonOf = (refusals: readonly NotRecognised[]): string =>
  (refusals.find(({ hasForm }) => hasForm) ?? refusals.at(-1))?.message ?? unknownOperator;

/** Runs `read`. Returns why it does not recognise the node, if it does not. */
function attempt(read: () => void): NotRecognised[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof NotRecognised)) throw error;
    return [error];
  }
}

// The parts of a file that are not a network of layers.

/** A value through which all paths go: every later value is computed from it, and from no earlier one. */
interface Cut {
  readonly value: string;
  /** The index of the first node after it. */
  readonly next: number;
}

/** The file, what is known about its cuts, and how many layers `onnx` may follow. */
interface Parts {
  readonly source: SourceGraph;
  readonly model: OnnxModel;
  /** The path of the file in the spec. */
  readonly file: string;
  readonly cuts: readonly Cut[];
  /** The cuts after which the rest of the file cannot be recognised. */
  readonly dead: Set<Cut>;
  readonly left: number;
}

/** The rest of a file as layers, and the nodes in its layers `onnx` that have no layer of their own. */
type Rest = Pick<Recognition, "drafts" | "output" | "unrecognised">;

/** The maximum number of layers `onnx`. */
const mostParts = 100;

/**
 * The layers of a file that contains other nodes, too. Each stretch of such nodes becomes a layer `onnx`: the shortest
 * part of the file that contains them, reads one value, returns one, and after which layers follow. Undefined if there
 * are no such parts.
 */
function recogniseAround(source: SourceGraph, model: OnnxModel, file: string): Recognition | undefined {
  const shared = { source, model, file, cuts: cutsOf(source), left: mostParts };
  const found = layouts.flatMap((layout) => {
    const { state, inputs } = startOf(source, layout);
    const rest = restOf({ ...shared, dead: new Set() }, state, 0);
    return rest === undefined ? [] : [{ ...rest, inputs }];
  });
  const sizeOf = ({ drafts }: Recognition): number =>
    drafts.reduce((sum, { type, nodes }) => sum + (type === "onnx" ? nodes.length : 0), 0);
  return found.sort((a, b) => sizeOf(a) - sizeOf(b))[0];
}

/** The whole file as one layer `onnx`; nothing if it cannot be one, because it has several inputs. */
export function asOneLayer(source: SourceGraph, model: OnnxModel, file: string): readonly Recognition[] {
  const cuts = cutsOf(source);
  const [begin, end] = [cuts.find(({ next }) => next === 0), cuts.at(-1)];
  if (begin === undefined || end === undefined) return [];
  const { state, inputs } = startOf(source, "as in the file");
  const part = partBetween({ source, model, file }, state, begin, end);
  if (part === undefined) return [];
  const output = part.after.places.get(source.output);
  return [{ inputs, drafts: [part.draft], output, unrecognised: [] }];
}

/** The layers of all nodes from the index `next` on. `start` is the state before them. */
function restOf(parts: Parts, start: Recognised, next: number): Rest | undefined {
  const { source, cuts, dead } = parts;
  const { nodes } = source;
  const state = copyOf(start);
  const [first] = walk(source, nodes.slice(next), state);
  if (first === undefined)
    return { drafts: state.drafts, output: state.places.get(source.output), unrecognised: [] };
  const at = nodes.indexOf(first.node);
  const begin = cuts.findLast(
    (cut) => cut.next >= next && cut.next <= at && isPlain(state.places.get(cut.value)),
  );
  const before = copyOf(start);
  if (begin === undefined || [...walk(source, nodes.slice(next, begin.next), before)].length > 0)
    return undefined;
  // Between two layers `onnx` is one that computes something. Otherwise, a longer part contains both.
  const isFirst = next === 0;
  if (!isFirst && before.drafts.every(({ type }) => arranging.includes(type))) return undefined;
  const end = cuts[cuts.length - 1];
  const ends = parts.left > 1 ? cuts.filter((cut) => cut.next > at) : [end];
  for (const cut of ends) {
    const part = dead.has(cut) ? undefined : partBetween(parts, before, begin, cut);
    if (part === undefined) continue;
    const rest = restOf({ ...parts, left: parts.left - 1 }, part.after, cut.next);
    if (rest !== undefined)
      return {
        drafts: [...before.drafts, part.draft, ...rest.drafts],
        output: rest.output,
        unrecognised: [...walk(source, part.draft.nodes, copyOf(before)), ...rest.unrecognised],
      };
    dead.add(cut);
  }
  return undefined;
}

/** Layers that only arrange values. */
const arranging: readonly string[] = ["reshape", "flatten", "pad", "concat"];

const copyOf = ({ places, drafts, consumed }: Recognised): Recognised => ({
  places: new Map(places),
  drafts: [...drafts],
  consumed: new Set(consumed),
});

/** Whether the value has the axes of its layer. */
const isPlain = (place: Place | undefined): boolean =>
  place !== undefined &&
  place.flattened === undefined &&
  sameAxes(place.axes, identityAxes(place.axes.length));

/** The layer `onnx` of the nodes between two cuts, and the state after it; undefined if it cannot be one. */
function partBetween(
  { source, model, file }: Pick<Parts, "source" | "model" | "file">,
  { places }: Recognised,
  begin: Cut,
  end: Cut,
) {
  const { nodes, output, inputs, rows } = source;
  const isInput = inputs.some(({ name }) => name === begin.value);
  const until = end.value === output ? undefined : end.value;
  const shape = source.shape(end.value);
  const read = places.get(begin.value);
  if (read === undefined || shape[0] !== rows || !canCut(model, isInput ? undefined : begin.value, until))
    return undefined;
  const keys = {
    file,
    ...(isInput ? {} : { begin: begin.value }),
    ...(until === undefined ? {} : { until }),
  };
  const inside = nodes.slice(begin.next, end.next);
  const draft: Draft = { type: "onnx", keys, from: [read.draft], parameters: new Map(), nodes: inside };
  const place: Place = { draft, axes: identityAxes(shape.length) };
  const after: Recognised = { places: new Map([[end.value, place]]), drafts: [], consumed: new Set() };
  return { draft, after };
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
