// Graphs that differ from a left-hand side in one detail: another operand, constant, op or attribute.
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { makeGraph, operandsOf } from "../../../src/compiler/ir/nodes.ts";
import type { Graph, Node, OpName } from "../../../src/compiler/ir/nodes.ts";
import { rewriteGraph } from "../../../src/compiler/ir/builder.ts";
import { sameType } from "../../../src/compiler/ir/types.ts";
import { hasTrait } from "../../../src/compiler/ops/index.ts";
import type { Draw } from "../draw.ts";

const otherOps: Readonly<Partial<Record<OpName, OpName>>> = {
  add: "subtract",
  subtract: "add",
  multiply: "divide",
  divide: "multiply",
  negate: "absolute",
  power: "multiply",
};

const otherNumbers = [0, -0, 1, -1, 2, 0.5, -2.5, 3, 1e300, 1e-300, Infinity, NaN];

/**
 * Changes an attribute: reorders a list, makes it longer or changes one item, or returns another number or
 * element type.
 */
function otherAttribute(d: Draw, value: unknown): unknown {
  if (typeof value === "number") return Math.max(0, value + d.pick([-1, 1, 1]));
  if (value === "n") return 2;
  if (typeof value === "string") return d.pick(["i32", "bool", "f64"]);
  if (!Array.isArray(value)) return value;
  const list: readonly unknown[] = value;
  if (list.length > 1 && d.chance(0.5)) return d.shuffled(list);
  if (list.length === 0 || d.chance(0.2)) return list.toSpliced(d.below(list.length + 1), 0, d.below(3));
  const at = d.below(list.length);
  return list.with(at, otherAttribute(d, list[at]));
}

/** The node with one detail changed; undefined if nothing can be changed. */
function changed(d: Draw, node: Node, graph: Graph): Node | undefined {
  const operands = operandsOf(node);
  if (hasTrait(node, "leaf")) return undefined;
  if (node.op === "constant") return d.g.number(d.pick(otherNumbers), node.attributes.element);
  const other = otherOps[node.op];
  if (other !== undefined && d.chance(0.25)) return d.g.make(other, operands, {});
  const keys = Object.keys(node.attributes);
  if (keys.length > 0 && d.chance(0.6)) {
    const key = d.pick(keys);
    const entries = Object.entries(node.attributes).map(([name, value]): [string, unknown] => [
      name,
      name === key ? otherAttribute(d, value) : value,
    ]);
    return d.g.make(node.op, operands, Object.fromEntries(entries));
  }
  if (operands.length === 0) return undefined;
  const at = d.below(operands.length);
  const { type } = operands[at];
  const alike = graph.nodes.filter(
    (x) => sameType(x.type, type) && x !== operands[at] && graph.nodes.indexOf(x) < graph.nodes.indexOf(node),
  );
  const fresh = alike.length > 0 && d.chance(0.6) ? d.pick(alike) : d.leaf(type.shape, type.element);
  return d.g.make(node.op, operands.with(at, fresh), node.attributes);
}

/** Whether all extents are positive integers, which shape rules assume of attributes. */
const hasElements = ({ type: { shape } }: Node): boolean =>
  shape.every((size) => size === "n" || (Number.isInteger(size) && size > 0));

/** The graph with one node changed; undefined if none of a few attempts results in a well-typed graph. */
export function nearMiss(d: Draw, graph: Graph): Graph | undefined {
  for (let attempt = 0; attempt < 6; attempt++) {
    const target = d.pick(graph.nodes);
    try {
      const replacement = changed(d, target, graph);
      if (replacement === undefined) continue;
      const missed = rewriteGraph(graph, d.g, (node) => (node === target ? replacement : node));
      if (missed !== graph && missed.nodes.every(hasElements)) return makeGraph(missed.name, missed.outputs);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
    }
  }
  return undefined;
}
