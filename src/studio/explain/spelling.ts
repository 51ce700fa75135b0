/**
 * How a graph reads: which of its values go by a name, and the formula of each down to those that do. Names
 * are those of the emitted code; the steps of recurrences are part of their graph.
 */
import type { Graph, Node, Recurrence } from "../../compiler/ir/nodes.ts";
import { operandsOf } from "../../compiler/ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../../compiler/ir/recurrence.ts";
import { chooseStored } from "../../compiler/lower/choose-stored.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import { named } from "../../compiler/notation/formula.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { nodeFormula } from "../../compiler/notation/node-formula.ts";
import { spokenFormulas } from "../../compiler/notation/display-names.ts";
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
  const carried = carriedNames(parts, spoken);
  const formulaOf = (node: Node): Formula => {
    if (node.op === "argument") return symbolOf(node);
    if (node.op !== "scan") {
      const [formula, name] = [nodeFormula(node, spoken), carried.get(node)];
      return name === undefined ? formula : { kind: "equation", x: name, y: formula };
    }
    const { recurrence, value } = node.attributes;
    return {
      kind: "row",
      parts: [spoken(value) ?? nodeFormula(value, spoken), ` for ${timesText(recurrence)}`],
    };
  };
  return { nodes, nameOf, isNamed, spoken, symbolOf, formulaOf };
}

/**
 * What a step leaves for the next one, which reads it as c[t − 1] or d_c[t + 1]: c[t] is another name of it,
 * and its formula says so. What is stacked is called the same at all times.
 */
function carriedNames(
  parts: readonly Graph[],
  spoken: (node: Node) => Formula | undefined,
): ReadonlyMap<Node, Formula> {
  const recurrences = parts.flatMap((part) => [...recurrencesOf(part)]);
  return new Map(
    recurrences.flatMap(([{ operands }, scans]) =>
      operands.flatMap(({ argument, next }): [Node, Formula][] => {
        const before = spoken(argument);
        const isStacked = scans.some(({ attributes }) => attributes.value === next);
        if (next === undefined || isStacked || before?.kind !== "name") return [];
        return [[next, { ...before, time: "t" }]];
      }),
    ),
  );
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
 * What goes by a name: what leaves the graph, what the model, the library or a rule gave a name, what is
 * stored, what takes loops of its own, and what several read. Written out where they are read are numbers,
 * what shows a value in another shape, a product that is added to something (x · W + b), and those
 * derivatives by values without a name that only one reads.
 */
function namedIn(parts: readonly Graph[]): (node: Node) => boolean {
  const stored = new Set(parts.flatMap((part) => [...chooseStored(part)]));
  const outputs = new Set(parts.flatMap((part) => part.outputs.map(({ node }) => node)));
  const nodes = new Set(parts.flatMap((part) => part.nodes));
  const users = new Map<Node, Node[]>();
  for (const node of nodes)
    for (const operand of operandsOf(node)) users.set(operand, [...(users.get(operand) ?? []), node]);
  const valueNames = new Set([...nodes].flatMap(({ name, origin }) => [name, origin.forward?.name]));

  /** The one that reads it, if there is only one. */
  const readerOf = (node: Node): Node | undefined => {
    const readers = users.get(node) ?? [];
    return readers.length === 1 && !outputs.has(node) ? readers[0] : undefined;
  };
  const isTerm = (node: Node): boolean => node.op === "contract" && readerOf(node)?.op === "add";
  /** The rounded number stands for the exact one, which nothing else reads. */
  const isRounded = (node: Node): boolean =>
    node.op === "cast" &&
    stored.has(node) &&
    !stored.has(node.operands.x) &&
    readerOf(node.operands.x) === node;
  const isDerivativeByUnnamed = (node: Node): boolean =>
    node.name?.startsWith("d_") === true &&
    node.origin.forward !== undefined &&
    !valueNames.has(node.name.slice(2));
  return (node) => {
    if (outputs.has(node) || hasTrait(node, "leaf")) return true;
    const reader = readerOf(node);
    if (isRounded(node)) return true;
    if (isRepetition(node) || isTerm(node) || (reader !== undefined && isRounded(reader))) return false;
    if (stored.has(node)) return true;
    if (node.name !== undefined) return reader === undefined || !isDerivativeByUnnamed(node);
    const isSmall =
      node.op === "constant" || node.op === "iota" || node.op === "batchSize" || hasTrait(node, "view");
    const hasLoops = hasTrait(node, "contraction") || hasTrait(node, "recurrence");
    return hasLoops || (!isSmall && reader === undefined);
  };
}

/**
 * The same numbers, repeated or of another type: mathematics has one name for both, unless the library gave it two.
 */
function isRepetition(node: Node): boolean {
  const { forward } = node.origin;
  const isSame = node.op === "broadcast" || node.op === "cast" || node.op === "stopGradient";
  return isSame && (node.name === undefined || forward !== undefined);
}
