/**
 * What lowering knows where it stands: what is stored, where that lies in memory, and how a node's elements
 * are read.
 */
import { leafName, operandNamesOf, operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { stepsOf } from "../ir/recurrence.ts";
import { convert } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import type { Read } from "../ops/define.ts";
import { hasTrait, loweringOf } from "../ops/index.ts";

/** Where a stored value lies: its buffer, and the index there of an index of its own. */
export interface Place {
  readonly buffer: string;
  index(at: readonly Expression[]): readonly Expression[];
}

export interface Scope {
  readonly float: "f32" | "f64";
  readonly stored: ReadonlySet<Node>;
  /** Of a stored node, or of a leaf of storage. */
  placeOf(node: Node): Place;
  /** How an argument of the step at hand is read. */
  argument(node: Node): Read;
  /** A loop variable or accumulator that no other has. */
  fresh(base: string): string;
}

/** The value as memory holds it: a bool as 0 or 1 in the element type of its buffer. */
export const storedElement = (node: Node, float: "f32" | "f64"): "f32" | "f64" | "i32" =>
  node.type.element === "bool" ? float : node.type.element;

/** How an element of `node` is read: from memory, or computed on the spot. */
export function readerOf(node: Node, scope: Scope): Read {
  if (node.op === "argument") return scope.argument(node);
  if (scope.stored.has(node) || hasTrait(node, "leaf")) {
    const { buffer, index } = scope.placeOf(node);
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

// What a program leaves in storage, and where.

/**
 * The outputs that are computed in their place of storage. Others are copied there: a place that is still
 * read as what it was before is written last.
 */
export function directPlaces(graph: Graph): Map<Node, string> {
  const all = [graph, ...stepsOf(graph).map(({ step }) => step)].flatMap(({ nodes }) => nodes);
  const read = new Set(all.flatMap((node) => leafName(node) ?? []));
  const direct = new Map<Node, string>();
  for (const { storage, node } of graph.outputs)
    if (leafName(node) === undefined && !direct.has(node) && !read.has(storage)) direct.set(node, storage);
  return direct;
}
