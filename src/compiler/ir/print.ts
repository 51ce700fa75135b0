/**
 * The text form of a graph: one line a node, its type on the binder, its layer behind `//`; then the outputs.
 *
 *     %h1: f32[n,32] = contract %x, %dense1.weight {"sumX":[1],"sumY":[0]}   // dense1
 *     output "loss" = %loss
 *
 * Recurrences stand before the nodes, inner ones first; scans name them.
 *
 *     recurrence r1 {"length":20,"reverse":false} {
 *       %x: f32[n,8] = argument {"name":"x"}
 *       …
 *       each %x
 *       carried %h = %next
 *       whole %w
 *     }
 *     %h1: f32[n,20,8] = scan %xs, %zeros, %weight {"recurrence":"r1","value":"next"}
 *
 * `parse.ts` reads it back to the same graph.
 */
import { nameAll } from "./names.ts";
import { operandsOf } from "./nodes.ts";
import type { Graph, Node, Recurrence } from "./nodes.ts";
import { stepsOf } from "./recurrence.ts";
import { typeText } from "./types.ts";

/** Attributes that the type on the binder or an empty list already says are left out. */
function attributesText(node: Node, spell: Spelling): string {
  const attributes =
    node.op === "scan"
      ? { recurrence: spell.recurrence(node.attributes.recurrence), value: spell.node(node.attributes.value) }
      : node.attributes;
  const entries = Object.entries(attributes).filter(
    ([key, value]) => key !== "type" && !(Array.isArray(value) && value.length === 0),
  );
  const plain = entries.map(([key, value]) => [key, typeof value === "number" ? numberValue(value) : value]);
  return plain.length === 0 ? "" : ` ${JSON.stringify(Object.fromEntries(plain))}`;
}

/** JSON has no infinities and no negative zero: these become strings. */
const numberValue = (value: number): number | string =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value);

/** What nodes and recurrences are called. */
export interface Spelling {
  node(node: Node): string;
  recurrence(recurrence: Recurrence): string;
}

/** `%name: type = op %x, %y {…}`, without the comment. */
export function nodeText(node: Node, spell: Spelling): string {
  const operands = operandsOf(node).map((operand) => `%${spell.node(operand)}`);
  const list = operands.length === 0 ? "" : ` ${operands.join(", ")}`;
  return `%${spell.node(node)}: ${typeText(node.type)} = ${node.op}${list}${attributesText(node, spell)}`;
}

/** Names for the nodes of a graph and of all its steps. */
export function spellingOf(graph: Graph): Spelling {
  const names = nameAll(nodesWithin(graph));
  return { ...recurrenceSpelling(graph), node: (node) => names.get(node) ?? "absent" };
}

/** The nodes of a graph and of all its steps, each in the order of its lines. */
export const nodesWithin = (graph: Graph): Node[] => [
  ...stepsOf(graph).flatMap(({ recurrence, step }) => linesOf(recurrence, step)),
  ...graph.nodes,
];

/** What the recurrences of a graph are called. */
export function recurrenceSpelling(graph: Graph): Pick<Spelling, "recurrence"> {
  // One that stands in several steps has a block for each of them, with what its scans there need.
  const distinct = new Set(stepsOf(graph).map(({ recurrence }) => recurrence));
  const recurrences = new Map([...distinct].map((recurrence, i) => [recurrence, `r${i + 1}`]));
  return { recurrence: (recurrence) => recurrences.get(recurrence) ?? "absent" };
}

function nodeLines({ nodes }: Graph, spell: Spelling): string[] {
  return nodes.map((node) => {
    const { layer } = node.origin;
    return nodeText(node, spell) + (layer === undefined ? "" : `   // ${layer}`);
  });
}

/** Arguments stand first: not every step reads all of them. */
const linesOf = ({ operands }: Recurrence, { nodes }: Graph): Node[] => [
  ...new Set([...operands.map(({ argument }) => argument), ...nodes]),
];

function recurrenceLines(recurrence: Recurrence, step: Graph, spell: Spelling): string[] {
  const { length, reverse, operands } = recurrence;
  const nodes = linesOf(recurrence, step);
  const roles = operands.map(({ role, argument, next }) => {
    const becomes = next === undefined ? "" : ` = %${spell.node(next)}`;
    return `${role} %${spell.node(argument)}${becomes}`;
  });
  const lines = [...nodeLines({ ...step, nodes }, spell), ...roles].map((line) => `  ${line}`);
  return [
    `recurrence ${spell.recurrence(recurrence)} ${JSON.stringify({ length, reverse })} {`,
    ...lines,
    "}",
  ];
}

export const printGraph = (graph: Graph): string => printGraphAs(graph, spellingOf(graph));

/** With other names than the graph's own, as where several graphs are compared. */
export function printGraphAs(graph: Graph, spell: Spelling): string {
  const recurrences = stepsOf(graph).flatMap(({ recurrence, step }) =>
    recurrenceLines(recurrence, step, spell),
  );
  const outputs = graph.outputs.map(
    ({ storage, node }) => `output ${JSON.stringify(storage)} = %${spell.node(node)}`,
  );
  return [`graph ${graph.name}`, ...recurrences, ...nodeLines(graph, spell), ...outputs].join("\n") + "\n";
}
