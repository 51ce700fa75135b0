/**
 * How a graph reads: which of its values go by a name, and the formula of each down to those that do. Names are those of the emitted
 * code; the steps of recurrences are part of their graph.
 */
import type { Graph, Node, Recurrence } from "../ir/nodes.ts";
import { operandsOf } from "../ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../ir/recurrence.ts";
import { chooseStored } from "../lower/choose-stored.ts";
import { hasTrait } from "../ops/index.ts";
import { named } from "../ops/notation/formula.ts";
import type { Formula } from "../ops/notation/formula.ts";
import { nodeFormula } from "../ops/notation/node-formula.ts";
import { spokenFormulas } from "../ops/spoken-names.ts";
import { nodeNames } from "./node-names.ts";

export interface Spelling {
  /** Of the graph and of its steps, operands first; each node once. */
  readonly nodes: readonly Node[];
  nameOf(node: Node): string;
  /** Formulas call it by its name; others are written out where they are read. */
  isNamed(node: Node): boolean;
  /** What formulas call it, if they do not write it out. */
  spoken(node: Node): Formula | undefined;
  /** `h = tanh(z)`: both sides. */
  symbolOf(node: Node): Formula;
  formulaOf(node: Node): Formula;
}

export function spellingOf(graph: Graph): Spelling {
  const nodes = [...new Set(withSteps(graph.nodes))];
  const parts = [graph, ...stepsOf(graph).map(({ step }) => step)];
  const names = nodeNames(graph);
  const nameOf = (node: Node): string => names.get(node) ?? node.op;
  const isNamed = namedIn(parts);
  const spoken = spokenFormulas(graph, isNamed, nameOf);
  const symbolOf = (node: Node): Formula => spoken(node) ?? named(nameOf(node), node.origin.layer);
  const formulaOf = (node: Node): Formula => {
    if (node.op === "argument") return symbolOf(node);
    if (node.op !== "scan") return nodeFormula(node, spoken);
    const { recurrence, value } = node.attributes;
    return {
      kind: "row",
      parts: [spoken(value) ?? nodeFormula(value, spoken), ` for ${timesText(recurrence)}`],
    };
  };
  return { nodes, nameOf, isNamed, spoken, symbolOf, formulaOf };
}

/** Nodes, operands first, with those of the steps of each recurrence before the first value that they make. */
export function withSteps(nodes: readonly Node[]): Node[] {
  const recurrences = recurrencesOf({ nodes });
  return nodes.flatMap((node) => {
    const scans = node.op === "scan" ? (recurrences.get(node.attributes.recurrence) ?? []) : [];
    if (node.op !== "scan" || scans[0] !== node) return [node];
    return [...withSteps(stepGraph(node.attributes.recurrence, scans).nodes), node];
  });
}

/** `t = 0 … 6`, in the order in which the steps run. */
function timesText({ length, reverse }: Recurrence): string {
  const [first, last] = reverse ? [length - 1, 0] : [0, length - 1];
  return `t = ${first} … ${last}`;
}

/**
 * What is stored or leaves the graph, what the model or a rule gave a name, what takes loops of its own, and what several read, unless
 * it is a number or shows what has a name in another shape.
 */
function namedIn(parts: readonly Graph[]): (node: Node) => boolean {
  const stored = new Set(parts.flatMap((part) => [...chooseStored(part)]));
  const outputs = new Set(parts.flatMap((part) => part.outputs.map(({ node }) => node)));
  const uses = new Map<Node, number>();
  for (const node of new Set(parts.flatMap((part) => part.nodes)))
    for (const operand of operandsOf(node)) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  return (node) => {
    if (stored.has(node) || outputs.has(node) || node.name !== undefined || hasTrait(node, "leaf"))
      return true;
    const isSmall =
      node.op === "constant" || node.op === "iota" || node.op === "batchSize" || hasTrait(node, "view");
    const hasLoops = hasTrait(node, "contraction") || hasTrait(node, "recurrence");
    return hasLoops || (!isSmall && (uses.get(node) ?? 0) > 1);
  };
}
