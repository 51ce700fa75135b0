/**
 * The scope of lowering: which values are materialised, where they are in memory, and how to read elements of
 * nodes.
 */
import { leafName, operandNamesOf, operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { stepsOf } from "../ir/recurrence.ts";
import { convert } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import type { Read } from "../ops/define.ts";
import { hasTrait, loweringOf } from "../ops/index.ts";

/**
 * The location of a materialised value: its buffer, and a mapping from the value's indices to indices of the
 * buffer.
 */
export interface BufferLocation {
  readonly buffer: string;
  index(at: readonly Expression[]): readonly Expression[];
}

export interface Scope {
  readonly float: "f32" | "f64";
  readonly stored: ReadonlySet<Node>;
  /** The location of a materialised node, or of a leaf that is in storage. */
  locationOf(node: Node): BufferLocation;
  /** The function that reads an argument of the current step. */
  argument(node: Node): Read;
  /** A unique name for a loop variable or an accumulator. */
  fresh(base: string): string;
}

/** The element type of a value in memory. A bool is stored as the float 0 or 1. */
export const storedElement = (node: Node, float: "f32" | "f64"): "f32" | "f64" | "i32" =>
  node.type.element === "bool" ? float : node.type.element;

/**
 * The function that reads an element of `node`: by a load if the node is materialised, otherwise by computing
 * the element.
 */
export function readerOf(node: Node, scope: Scope): Read {
  if (node.op === "argument") return scope.argument(node);
  if (scope.stored.has(node) || hasTrait(node, "leaf")) {
    const { buffer, index } = scope.locationOf(node);
    const type = storedElement(node, scope.float);
    return (at) => convert({ kind: "load", buffer, at: index(at), type }, node.type.element);
  }
  const lowering = loweringOf(node);
  const read = operandReaders(node, scope);
  return (at) => {
    if (lowering.kind !== "element") throw new Error(`internal: ${node.op} must be stored`);
    return lowering.element(at, read);
  };
}

export function operandReaders(node: Node, scope: Scope): Record<string, Read> {
  const names = operandNamesOf(node.op, node.attributes);
  return Object.fromEntries(operandsOf(node).map((operand, i) => [names[i], readerOf(operand, scope)]));
}

// The outputs that need no copy.

/**
 * The outputs that are computed directly in their storage. Other outputs are copied there at the end. For
 * example, storage that another node of the program reads must keep its old value until then. The new value of a
 * state may replace the old one element by element, as in `total = total + sum`.
 */
export function directOutputs(graph: Graph): Map<Node, string> {
  const all = [graph, ...stepsOf(graph).map(({ step }) => step)].flatMap(({ nodes }) => nodes);
  const readers = new Map<string, Set<Node>>();
  const note = (read: Node, reader: Node) => {
    const name = leafName(read);
    if (name !== undefined) readers.set(name, (readers.get(name) ?? new Set()).add(reader));
  };
  for (const node of all) for (const operand of operandsOf(node)) note(operand, node);
  // An output that is a leaf is copied at the end.
  for (const { node } of graph.outputs) note(node, node);
  const direct = new Map<Node, string>();
  for (const { storage, node } of graph.outputs) {
    const isReadElsewhere = [...(readers.get(storage) ?? [])].some(
      (reader) => reader !== node || !hasTrait(reader, "pointwise"),
    );
    if (leafName(node) === undefined && !direct.has(node) && !isReadElsewhere) direct.set(node, storage);
  }
  return direct;
}
