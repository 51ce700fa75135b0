// The text of a graph that depends only on its structure: two graphs have the same text if they differ only in the
// names of values, in the order in which independent nodes are listed, and in the order of the operands of a
// recurrence.
import { operandsOf } from "../../src/compiler/ir/nodes.ts";
import type { Graph, Node, NodeOf, Output, StepOperand } from "../../src/compiler/ir/nodes.ts";
import { stepGraph } from "../../src/compiler/ir/recurrence.ts";
import { typeText } from "../../src/compiler/ir/types.ts";

/** One line for each node, operands first, numbered from the outputs. */
export function canonicalText({ outputs }: Pick<Graph, "outputs">): string {
  const lines: string[] = [];
  const texts = new Map<Node, string>();
  const visit = (node: Node): string => {
    const known = texts.get(node);
    if (known !== undefined) return known;
    const operands = operandsInOrder(node).map(visit);
    const name = `%${texts.size}`;
    texts.set(node, name);
    lines.push(`${name}: ${typeText(node.type)} = ${node.op} ${operands.join(", ")} ${attributesText(node)}`);
    return name;
  };
  const ends = outputs.map(({ node }) => visit(node));
  return [...lines, `return ${ends.join(", ")}`].join("\n");
}

function attributesText(node: Node): string {
  if (node.op === "scan") return recurrenceText(node);
  const entries = Object.entries(node.attributes).filter(([key]) => key !== "name" && key !== "type");
  return JSON.stringify(entries, (_, value: unknown) =>
    typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
      ? `number ${1 / value} ${value}`
      : value,
  );
}

/** The operands of a recurrence in the order in which its step reads them. */
function inReadOrder(node: NodeOf<"scan">): readonly StepOperand[] {
  const { recurrence } = node.attributes;
  const read: Node[] = [];
  const seen = new Set<Node>();
  const visit = (each: Node): void => {
    if (seen.has(each)) return;
    seen.add(each);
    operandsInOrder(each).forEach(visit);
    if (each.op === "argument") read.push(each);
  };
  for (const { node: end } of outputsOf(node)) visit(end);
  const place = ({ argument }: StepOperand): number =>
    read.includes(argument) ? read.indexOf(argument) : Infinity;
  return recurrence.operands
    .filter((operand) => read.includes(operand.argument))
    .sort((a, b) => place(a) - place(b));
}

/** The value that is stacked, and then the next states in the order in which they are read from it. */
function outputsOf(node: NodeOf<"scan">): readonly Output[] {
  const outputs = stepGraph(node.attributes.recurrence, [node]).outputs;
  return [
    ...outputs.filter(({ storage }) => storage.startsWith("value:")),
    ...outputs.filter(({ storage }) => !storage.startsWith("value:")),
  ];
}

function recurrenceText(node: NodeOf<"scan">): string {
  const { recurrence } = node.attributes;
  const { length, reverse } = recurrence;
  const operands = inReadOrder(node);
  const next = operands.flatMap((operand) =>
    operand.next === undefined ? [] : [{ storage: "next", node: operand.next }],
  );
  const step = canonicalText({ outputs: [{ storage: "value", node: node.attributes.value }, ...next] });
  const roles = operands.map(({ role }) => role).join(", ");
  return `${JSON.stringify({ length, reverse })} (${roles}) {\n${step.replaceAll(/^/gm, "  ")}\n}`;
}

function operandsInOrder(node: Node): readonly Node[] {
  if (node.op !== "scan") return operandsOf(node);
  const given: Readonly<Record<string, Node>> = node.operands;
  return inReadOrder(node).map(({ name }) => given[name]);
}
