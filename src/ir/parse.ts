/** Reads the text form of a graph (see `print.ts`) back to nodes, through the builder, so every line is checked. */
import { isOpName } from "./builder.ts";
import type { GraphBuilder } from "./builder.ts";
import { makeGraph, syntax } from "./nodes.ts";
import type { Graph, Node, Output } from "./nodes.ts";
import { sameType, tensorType, typeText } from "./types.ts";
import type { Dimension, ElementType, TensorType } from "./types.ts";

/** A line that is no node; says which line and why. */
export class GraphSyntaxError extends Error {}

const nodeLine =
  /^%(?<name>\S+): (?<element>f32|f64|i32|bool)\[(?<shape>[\dn,]*)\] = (?<op>\w+)(?<operands>(?: %[^\s,{]+,?)*)(?<attributes> \{.*?\})?(?: +\/\/ (?<layer>.*))?$/;
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

/** Empty lists were left out by the printer; infinities stand as strings. */
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
      return [key, key === "value" ? Number(value) : value];
    }),
  );
}

export function parseGraph(text: string, g: GraphBuilder): Graph {
  const nodes = new Map<string, Node>();
  const outputs: Output[] = [];
  let graphName = "graph";
  text.split("\n").forEach((line, index) => {
    const fail = (why: string): never => {
      throw new GraphSyntaxError(`line ${index + 1}: ${why}: ${line.trim()}`);
    };
    const find = (name: string): Node => nodes.get(name) ?? fail(`%${name} is not defined above`);
    const trimmed = line.trim();
    if (trimmed === "") return;
    if (trimmed.startsWith("graph ")) {
      graphName = trimmed.slice("graph ".length);
      return;
    }
    const output = outputLine.exec(trimmed)?.groups;
    if (output !== undefined) {
      outputs.push({ storage: String(JSON.parse(output.storage)), node: find(output.name) });
      return;
    }
    const parts = nodeLine.exec(trimmed)?.groups;
    if (parts === undefined) return fail("not a node");
    if (!isOpName(parts.op)) return fail(`no op ${parts.op}`);
    const { op } = parts;
    const operands = [...parts.operands.matchAll(/%([^\s,]+)/g)].map(([, name]) => find(name));
    const type = parseType(parts.element, parts.shape);
    const attributes = parseAttributes(op, parts.attributes, parts.name, type);
    const built = g.within(parts.layer === undefined ? {} : { layer: parts.layer }, () =>
      g.make(op, operands, attributes),
    );
    if (!sameType(built.type, type)) return fail(`the type is ${typeText(built.type)}`);
    nodes.set(parts.name, g.named(parts.name, built));
  });
  return makeGraph(graphName, outputs);
}
