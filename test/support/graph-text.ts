// Graphs in tests are text. Leaves need not be spelled out each time: `withLeaves` puts those in front that a
// text may use.
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../src/compiler/ir/nodes.ts";
import { nodeText, parseGraph } from "../../src/compiler/ir/text.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";

/**
 * `x`, `y` are a batch of rows, `m` says of each element yes or no, `s` is a number a row, `v` a row, `a` and
 * `b` matrices, `c` a number.
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

/** The graph of some lines; its output `z` is the value called z. */
export function graphFrom(text: string): Graph {
  const lines = trimmed(text);
  const output = lines.includes("output ") ? "" : '\noutput "z" = %z';
  return parseGraph(`${leaves}\n${lines}${output}`, createBuilder("f64"));
}

/** The text of a graph without leaves, its values numbered: equal for graphs that differ in names alone. */
export function plainText(graph: Graph): string {
  const { nodes, outputs } = makeGraph(graph.name, graph.outputs);
  const names = new Map<Node, string>();
  const lines: string[] = [];
  for (const node of nodes) {
    const isLeaf = node.op === "input" || node.op === "parameter" || node.op === "state";
    names.set(node, isLeaf ? node.attributes.name : String(names.size));
    // Leaves take no number, so that their order does not show.
    if (isLeaf) continue;
    names.set(node, String(lines.length));
    lines.push(nodeText(node, { node: (other) => names.get(other) ?? "?", recurrence: () => "?" }));
  }
  return [...lines, ...outputs.map(({ storage, node }) => `output "${storage}" = %${names.get(node)}`)].join(
    "\n",
  );
}
