// Graphs for tests, written as text. Every text can use the same leaves, whose declarations are inserted
// before it.
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../src/compiler/ir/nodes.ts";
import { nodeText, parseGraph } from "../../src/compiler/ir/text.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";

/**
 * The leaves: `x` and `y` are batches of rows, `m` is a mask of the same shape, `s` is a number per row, `v`
 * is a row, `a` and `b` are matrices, `c` is a number.
 */
const leaves = [
  "%x: f64[n,4] = input",
  "%y: f64[n,4] = input",
  "%m: bool[n,4] = input",
  "%s: f64[n] = input",
  "%v: f64[4] = parameter",
  "%a: f64[4,2] = parameter",
  "%b: f64[4,3] = parameter",
  "%c: f64[] = parameter",
].join("\n");

const trimmed = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");

/** The graph of these lines. Its output `z` is the value with that name. */
export function graphFrom(text: string): Graph {
  const lines = trimmed(text);
  const output = lines.includes("output ") ? "" : '\noutput "z" = %z';
  return parseGraph(`${leaves}\n${lines}${output}`, createBuilder("f64"));
}

/**
 * The text of a graph without leaves, with its values numbered. Graphs that differ only in names have the
 * same text.
 */
export function plainText(graph: Graph): string {
  const { nodes, outputs } = makeGraph(graph.name, graph.outputs);
  const names = new Map<Node, string>();
  const lines: string[] = [];
  for (const node of nodes) {
    const isLeaf = node.op === "input" || node.op === "parameter" || node.op === "state";
    names.set(node, isLeaf ? node.attributes.name : String(names.size));
    // Leaves are not numbered, so that their order does not matter.
    if (isLeaf) continue;
    names.set(node, String(lines.length));
    lines.push(nodeText(node, { node: (other) => names.get(other) ?? "?", recurrence: () => "?" }));
  }
  return [...lines, ...outputs.map(({ storage, node }) => `output "${storage}" = %${names.get(node)}`)].join(
    "\n",
  );
}
