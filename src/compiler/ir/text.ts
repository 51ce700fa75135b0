/** The text form of a graph: a printer that writes one node per line, and a parser. */
import { isOpName } from "./builder.ts";
import type { GraphBuilder } from "./builder.ts";
import { nameAll } from "./names.ts";
import { makeGraph, operandsOf, syntax } from "./nodes.ts";
import type { Attributes, Graph, Node, Output, Recurrence, StepOperand } from "./nodes.ts";
import { stepsOf } from "./recurrence.ts";
import { sameType, tensorType, typeText } from "./types.ts";
import type { Dimension, ElementType, TensorType } from "./types.ts";

// The text form of a graph has one line per node. The type follows the name, and a `//` comment names the
// layer. The outputs come last.
//
//    %h1: f32[n,32] = contract %x, %dense1.weight {"sumX":[1],"sumY":[0]}   // dense1
//    output "loss" = %loss
//
// Recurrences come before the nodes, inner ones first. Scans refer to them by name.
//
//    recurrence r1 {"length":20,"reverse":false} {
//      %x: f32[n,8] = argument {"name":"x"}
//      …
//      each %x
//      carried %h = %next
//      whole %w
//    }
//    %h1: f32[n,20,8] = scan %xs, %zeros, %weight {"recurrence":"r1","value":"next"}
//
// The parser rebuilds the same graph from the text.

/** The attributes as text, without empty lists, and without the type, which the line already contains. */
function attributesText(node: Node, spell: GraphNames): string {
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

/** JSON cannot represent infinities and negative zero, so these numbers become strings. */
const numberValue = (value: number): number | string =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value);

/** The names of nodes and recurrences in the text. */
export interface GraphNames {
  node(node: Node): string;
  recurrence(recurrence: Recurrence): string;
}

/** `%name: type = op %x, %y {…}`, without the comment. */
export function nodeText(node: Node, spell: GraphNames): string {
  const operands = operandsOf(node).map((operand) => `%${spell.node(operand)}`);
  const list = operands.length === 0 ? "" : ` ${operands.join(", ")}`;
  return `%${spell.node(node)}: ${typeText(node.type)} = ${node.op}${list}${attributesText(node, spell)}`;
}

/** Names for the nodes and the recurrences of a graph and of all its steps. */
export function graphNames(graph: Graph): GraphNames {
  const names = nameAll(nodesWithin(graph));
  return { ...recurrenceNames(graph), node: (node) => names.get(node) ?? "absent" };
}

/** The nodes of all steps and of the graph, in the order of their lines. */
export const nodesWithin = (graph: Graph): Node[] => [
  ...stepsOf(graph).flatMap(({ recurrence, step }) => linesOf(recurrence, step)),
  ...graph.nodes,
];

/** The names of a graph's recurrences. */
export function recurrenceNames(graph: Graph): Pick<GraphNames, "recurrence"> {
  // A recurrence that occurs in several steps has a block for each of them, with the nodes that its scans in
  // that step need. All these blocks have the same name.
  const distinct = new Set(stepsOf(graph).map(({ recurrence }) => recurrence));
  const recurrences = new Map([...distinct].map((recurrence, i) => [recurrence, `r${i + 1}`]));
  return { recurrence: (recurrence) => recurrences.get(recurrence) ?? "absent" };
}

function nodeLines({ nodes }: Graph, spell: GraphNames): string[] {
  return nodes.map((node) => {
    const { layer } = node.origin;
    return nodeText(node, spell) + (layer === undefined ? "" : `   // ${layer}`);
  });
}

/** The arguments are listed separately, because a step may not read all of them. */
const linesOf = ({ operands }: Recurrence, { nodes }: Graph): Node[] => [
  ...new Set([...operands.map(({ argument }) => argument), ...nodes]),
];

function recurrenceLines(recurrence: Recurrence, step: Graph, spell: GraphNames): string[] {
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

export const printGraph = (graph: Graph): string => printGraphAs(graph, graphNames(graph));

/** Prints a graph with the given names instead of its own, for instance to compare several graphs. */
export function printGraphAs(graph: Graph, spell: GraphNames): string {
  const recurrences = stepsOf(graph).flatMap(({ recurrence, step }) =>
    recurrenceLines(recurrence, step, spell),
  );
  const outputs = graph.outputs.map(
    ({ storage, node }) => `output ${JSON.stringify(storage)} = %${spell.node(node)}`,
  );
  return [`graph ${graph.name}`, ...recurrences, ...nodeLines(graph, spell), ...outputs].join("\n") + "\n";
}

// The parser builds nodes through the builder, so every line is checked.

/** A line that cannot be parsed. The message names the line and the reason. */
export class GraphSyntaxError extends Error {}

const typePattern = /(?<element>f32|f64|i32|bool)\[(?<shape>[\dn,]*)\]/.source;
const operationPattern = /(?<op>\w+)(?<operands>(?: %[^\s,{]+,?)*)(?<attributes> \{.*?\})?/.source;
const nodeLine = new RegExp(`^%(?<name>\\S+): ${typePattern} = ${operationPattern}(?: +// (?<layer>.*))?$`);
const outputLine = /^output (?<storage>".*") = %(?<name>\S+)$/;

const elementOf = (text: string): ElementType =>
  text === "f32" || text === "f64" || text === "i32" ? text : "bool";

function parseType(element: string, shape: string): TensorType {
  const dimensions = shape === "" ? [] : shape.split(",");
  return tensorType(
    elementOf(element),
    dimensions.map((d): Dimension => (d === "n" ? "n" : Number(d))),
  );
}

/** Parses attributes. The printer omits empty lists and prints infinities as strings. */
function parseAttributes(
  op: keyof typeof syntax,
  text: string | undefined,
  name: string,
  type: TensorType,
): object {
  const given: unknown = text === undefined ? {} : JSON.parse(text);
  const entries = new Map(Object.entries(typeof given === "object" && given !== null ? given : {}));
  return Object.fromEntries(
    syntax[op].attributes.map((key) => {
      if (key === "type") return [key, type];
      const value = entries.get(key) ?? (key === "name" ? name : []);
      return [key, key === "value" && op !== "scan" ? Number(value) : value];
    }),
  );
}

/** The definitions in the lines above: nodes by name, and recurrences by name. */
interface Definitions {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly recurrences: ReadonlyMap<string, Recurrence>;
}

type Fail = (why: string) => never;

/** The node that a line defines. Its operands and its recurrence must be defined above. */
function parseNode(line: string, known: Definitions, g: GraphBuilder, fail: Fail): [string, Node] {
  const find = (name: string): Node => known.nodes.get(name) ?? fail(`%${name} is not defined above`);
  const parts = nodeLine.exec(line)?.groups;
  if (parts === undefined) return fail("not a node");
  const { op, name, layer } = parts;
  if (!isOpName(op)) return fail(`unknown op ${op}`);
  const operands = [...parts.operands.matchAll(/%([^\s,]+)/g)].map(([, operand]) => find(operand));
  const type = parseType(parts.element, parts.shape);
  const written = parseAttributes(op, parts.attributes, name, type);
  const attributes = op === "scan" ? scanAttributes(written, known, find, fail) : written;
  const built = g.within(layer === undefined ? {} : { layer }, () => g.make(op, operands, attributes));
  if (!sameType(built.type, type)) return fail(`the type must be ${typeText(built.type)}`);
  return [name, g.named(name, built)];
}

/** The attributes of a scan. They name its recurrence and the node of the step that it stacks. */
function scanAttributes(
  written: { readonly recurrence?: unknown; readonly value?: unknown },
  known: Definitions,
  find: (name: string) => Node,
  fail: Fail,
): Attributes<"scan"> {
  const recurrence = known.recurrences.get(String(written.recurrence));
  return {
    recurrence: recurrence ?? fail(`recurrence ${String(written.recurrence)} is not defined above`),
    value: find(String(written.value)),
  };
}

const recurrenceLine = /^recurrence (?<name>\S+) (?<attributes>\{.*\}) \{$/;
const roleLine = /^(?<role>each|carried|whole) %(?<argument>\S+)(?: = %(?<next>\S+))?$/;

/** One operand of a recurrence: its role, its argument, and its next value if it is carried. */
function parseRole(line: string, nodes: ReadonlyMap<string, Node>, fail: Fail): StepOperand | undefined {
  const parts = roleLine.exec(line)?.groups;
  if (parts === undefined) return undefined;
  const argument = nodes.get(parts.argument);
  if (argument?.op !== "argument") return fail(`%${parts.argument} is not an argument`);
  const { name } = argument.attributes;
  const role = parts.role === "each" || parts.role === "whole" ? parts.role : "carried";
  if (parts.next === undefined) return { name, role, argument };
  return { name, role, argument, next: nodes.get(parts.next) ?? fail(`%${parts.next} is not defined above`) };
}

export function parseGraph(text: string, g: GraphBuilder): Graph {
  // Names are unique across the graph and its steps, so one map contains all of them. Only scans look up the
  // nodes of a step.
  const nodes = new Map<string, Node>();
  const recurrences = new Map<string, Recurrence>();
  // If several steps share a node, its line is in the block of each of them.
  const lines = new Set<string>();
  const outputs: Output[] = [];
  let graphName = "graph";
  let open:
    { readonly name: string; readonly attributes: string; readonly operands: StepOperand[] } | undefined;
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    const fail: Fail = (why) => {
      throw new GraphSyntaxError(`line ${index + 1}: ${why}: ${line}`);
    };
    if (line === "") return;
    if (line.startsWith("graph ")) {
      graphName = line.slice("graph ".length);
      return;
    }
    const heading = recurrenceLine.exec(line)?.groups;
    if (heading !== undefined) {
      open = { name: heading.name, attributes: heading.attributes, operands: [] };
      return;
    }
    if (open !== undefined && line === "}") {
      const { length, reverse } = recurrenceAttributes(open.attributes);
      // A recurrence that occurs in several steps has a block for each of them.
      const known = recurrences.get(open.name);
      recurrences.set(open.name, known ?? { length, reverse, operands: open.operands });
      open = undefined;
      return;
    }
    const role = open === undefined ? undefined : parseRole(line, nodes, fail);
    if (role !== undefined) {
      open?.operands.push(role);
      return;
    }
    const output = outputLine.exec(line)?.groups;
    if (output !== undefined) {
      const node = nodes.get(output.name) ?? fail(`%${output.name} is not defined above`);
      outputs.push({ storage: String(JSON.parse(output.storage)), node });
      return;
    }
    if (lines.has(line)) return;
    const [name, node] = parseNode(line, { nodes, recurrences }, g, fail);
    nodes.set(name, node);
    lines.add(line);
  });
  return makeGraph(graphName, outputs);
}

function recurrenceAttributes(text: string): { readonly length: number; readonly reverse: boolean } {
  const given: unknown = JSON.parse(text);
  const entries = new Map<string, unknown>(
    Object.entries(typeof given === "object" && given !== null ? given : {}),
  );
  return { length: Number(entries.get("length")), reverse: entries.get("reverse") === true };
}
