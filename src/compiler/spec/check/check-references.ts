// Resolves the references in `from`. A reference names an input or an earlier layer. The layer is in the same
// list, or in a list that encloses the block.
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { didYouMean, showValue } from "../../util/message-text.ts";
import { valueNamed } from "../../library/onnx/cut-model.ts";
import type { OnnxModel } from "../../library/onnx/model.ts";
import type {
  FlatNetwork,
  LayerGraph,
  References,
  Source,
  WrittenLayer,
  WrittenList,
} from "../written-network.ts";
import { keysOf, member, textOf } from "../raw-spec.ts";
import { readByMeasures } from "./check-formulas.ts";
import { lengthInputs } from "./check-masks.ts";
import { valueHint } from "./check-model-files.ts";

/**
 * A list of layers that contains a reference, at any depth. The reference can name its layers before `index`.
 */
export interface Scope {
  readonly list: WrittenList;
  readonly index: number;
}

/**
 * Resolves every reference. Reports names that do not exist (T1303), layers that are read before they are
 * computed (T1304), a first layer that could read several inputs (T1305), and blocks with several inputs
 * (T1311).
 */
export function checkReferences(
  spec: unknown,
  network: WrittenList,
  graphs: ReadonlyMap<WrittenLayer, LayerGraph>,
  problems: Collector,
): References {
  const inputs = keysOf(member(spec, "inputs"));
  // By default, the first layer does not read inputs that only serve the loss (such as sample weights) or
  // masks. If all inputs are of these kinds, it may read any of them.
  const forOthers = [...readByMeasures(spec), ...lengthInputs(spec)];
  const others = inputs.filter((name) => !forOthers.includes(name));
  const choices = others.length > 0 ? others : inputs;
  const sources = new Map<WrittenLayer, readonly Source[]>();
  const starts = new Map<WrittenLayer, string>();
  const resolve = (list: WrittenList, outer: readonly Scope[]): void =>
    list.forEach((layer, index) => {
      const scopes = [{ list, index }, ...outer];
      const start = startOf(layer, scopes, inputs, graphs.get(layer));
      if (start !== undefined) starts.set(layer, start.value);
      const from = start === undefined ? member(layer.value, "from") : start.others;
      const graph = graphs.get(layer)?.model;
      sources.set(layer, sourcesOf(layer, from, { scopes, inputs, choices, graph, problems }));
      for (const inside of Object.values(layer.lists)) resolve(inside, scopes);
    });
  resolve(network, []);
  return { sources, starts, graphs, outputs: outputsOf(spec, network, problems) };
}

/**
 * The value at which the graph of an ONNX layer begins: the first name in `from` that is a value of the file
 * and not an input or a layer. The other names are what the layer reads.
 */
function startOf(
  { value }: WrittenLayer,
  scopes: readonly Scope[],
  inputs: readonly string[],
  graph: LayerGraph | undefined,
): { readonly value: string; readonly others: readonly unknown[] | undefined } | undefined {
  const from = member(value, "from");
  const names: readonly unknown[] = Array.isArray(from) ? from : [from];
  if (graph === undefined) return undefined;
  const isLayer = (name: string) => scopes.some(({ list }) => list.some((layer) => layer.name === name));
  for (const [i, name] of names.entries()) {
    if (typeof name !== "string" || inputs.includes(name) || isLayer(name)) continue;
    const start = valueNamed(graph.model, name);
    if (start === undefined) continue;
    const others = names.toSpliced(i, 1);
    return { value: start, others: others.length === 0 ? undefined : others };
  }
  return undefined;
}

/** The layer that each loss reads. Without `losses`, it is `output`, or by default the last layer. */
function outputsOf(spec: unknown, network: WrittenList, problems: Collector): References["outputs"] {
  const losses = member(spec, "losses");
  if (losses !== undefined)
    return Object.fromEntries(
      keysOf(losses).map((target) => {
        const from = textOf(member(member(losses, target), "from"));
        const path = ["losses", target, "from"];
        return [target, from === undefined ? undefined : checkOutput(path, from, network, problems)];
      }),
    );
  const [target = ""] = keysOf(member(spec, "targets"));
  const output = textOf(member(spec, "output"));
  return {
    [target]: output === undefined ? network.at(-1) : checkOutput(["output"], output, network, problems),
  };
}

/** What a reference can name, and the graph of the layer that has it, if it is an ONNX layer. */
interface Context {
  readonly scopes: readonly Scope[];
  readonly inputs: readonly string[];
  /** The inputs that the first layer may read by default. */
  readonly choices: readonly string[];
  readonly graph: OnnxModel | undefined;
  readonly problems: Collector;
}

/** `given`: the layer's `from`. */
function sourcesOf({ path, isBlock }: WrittenLayer, given: unknown, context: Context): Source[] {
  const { scopes, choices, problems } = context;
  const location: SpecPath = [...path, "from"];
  if (typeof given === "string") return sourceNamed(location, given, context);
  if (Array.isArray(given)) {
    if (isBlock && given.length > 1) {
      const hint = "join them first with an add, multiply or concat layer";
      const message = `${formatPath(location)}: a block must read exactly one input, got ${given.length}`;
      problems.error(location, "T1311", message, { hint });
    }
    return given.flatMap((name, i) =>
      typeof name === "string" ? sourceNamed([...location, i], name, context) : [],
    );
  }
  const [{ list, index }, ...outer] = scopes;
  if (index > 0) return [{ layer: list[index - 1] }];
  if (outer.length > 0) return ["block input"];
  if (choices.length > 1) reportChoice(choices, problems);
  return choices.slice(0, 1).map((input) => ({ input }));
}

/** The layer of that name in the innermost list that has a readable one, or else the input of that name. */
export function findSource(
  name: string,
  { scopes, inputs }: Pick<Context, "scopes" | "inputs">,
): Exclude<Source, "block input"> | undefined {
  for (const { list, index } of scopes) {
    const layer = list.slice(0, index).find((earlier) => earlier.name === name);
    if (layer !== undefined) return { layer };
  }
  return inputs.includes(name) ? { input: name } : undefined;
}

function sourceNamed(path: SpecPath, name: string, context: Context): Source[] {
  const { scopes, inputs, graph, problems } = context;
  const found = findSource(name, context);
  if (found !== undefined) return [found];
  const where = formatPath(path);
  for (const [depth, { list, index }] of scopes.entries()) {
    const position = list.findIndex((layer) => layer.name === name);
    if (position < 0) continue;
    const hint = "a layer can read only inputs and the layers before it";
    const itself = depth === 0 ? "the layer itself" : "the block that contains the layer";
    const which = position === index ? itself : "a later layer";
    problems.error(path, "T1304", `${where} names ${which}, ${showValue(name)}`, { hint });
    return [];
  }
  // Finding the nearest of thousands of names is slow, and the hint would not be shown.
  if (problems.isFull()) {
    reportUnknown(path, name, undefined, problems);
    return [];
  }
  const known = [
    ...inputs,
    ...scopes.flatMap(({ list, index }) => list.slice(0, index).map((layer) => layer.name)),
  ];
  const { list } = scopes[scopes.length - 1];
  const hint = graph === undefined ? suggest(name, known) : valueHint(name, graph, known);
  reportUnknown(path, name, insideBlock(name, list, known) ?? hint, problems);
  return [];
}

function reportUnknown(path: SpecPath, name: string, hint: string | undefined, problems: Collector): void {
  const message = `${formatPath(path)}: unknown input or layer ${showValue(name)}`;
  problems.error(path, "T1303", message, { hint });
}

function checkOutput(
  path: SpecPath,
  output: string,
  network: WrittenList,
  problems: Collector,
): WrittenLayer | undefined {
  const layer = network.find(({ name }) => name === output);
  const names = network.map(({ name }) => name);
  if (layer === undefined)
    problems.error(path, "T1303", `${formatPath(path)}: unknown layer ${showValue(output)}`, {
      hint: insideBlock(output, network, names) ?? suggest(output, names),
    });
  return layer;
}

/**
 * Returns a hint if a block contains a layer of that name, because layers outside can read only the block.
 */
function insideBlock(name: string, network: WrittenList, known: readonly string[]): string | undefined {
  const own = name.slice(name.lastIndexOf(".") + 1);
  const holds = (list: WrittenList): boolean =>
    list.some((layer) => layer.name === own || Object.values(layer.lists).some(holds));
  const block = network.find((layer) => known.includes(layer.name) && Object.values(layer.lists).some(holds));
  if (block === undefined) return undefined;
  return (
    `${showValue(own)} is inside the block ${showValue(block.name)}; outside the block, only the output of the whole ` +
    "block can be read"
  );
}

function suggest(name: string, known: readonly string[]): string | undefined {
  const similar = didYouMean(name, known);
  if (similar) return `did you mean ${showValue(similar)}?`;
  return known.length > 0 && known.length <= 12 ? `known names: ${known.join(", ")}` : undefined;
}

function reportChoice(inputs: readonly string[], problems: Collector): void {
  const hint = `add "from" with one of the names ${inputs.slice(0, 12).map(showValue).join(", ")}`;
  const message = 'network[0] needs the key "from", because the model has several inputs';
  problems.error(["network", 0], "T1305", message, { hint });
}

// Warns about inputs and layers that do not influence the loss, because no output depends on them.

/** `inputs`: the names of the inputs to check. `network`: the layers of `written` in one list. */
export function warnOfUnread(
  inputs: readonly string[],
  written: WrittenList,
  { network, outputs }: FlatNetwork,
  problems: Collector,
): void {
  // Follows references back from the outputs. Inputs and layers that are not reached are unread.
  const read = new Set(Object.values(outputs));
  const readPaths = new Set<string>();
  for (const layer of network.toReversed()) {
    if (!read.has(layer.name)) continue;
    layer.from.forEach((name) => read.add(name));
    // A layer is read if one of its copies is read. A block is read if a layer in it is read.
    for (let length = layer.path.length; length > 1; length--)
      readPaths.add(formatPath(layer.path.slice(0, length)));
  }
  for (const name of inputs)
    if (!read.has(name))
      problems.warning(["inputs", name], "T1306", `no layer reads inputs.${name}`, { at: "key" });
  const hint = 'the generated trainer omits it; remove it, or read it with "from"';
  const visit = (list: WrittenList): void => {
    for (const { path, name, lists } of list) {
      const where = formatPath(path);
      if (readPaths.has(where)) Object.values(lists).forEach(visit);
      else problems.warning(path, "T1306", `${where} (${name}) has no effect on the output`, { hint });
    }
  };
  visit(written);
}
