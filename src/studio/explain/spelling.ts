/** Names of nodes in all views, and the formula of each node in terms of named values. */
import { maxIndex } from "d3-array";
import { nameAll, wish } from "../../compiler/ir/names.ts";
import { leafName, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Graph, Node, Recurrence } from "../../compiler/ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../../compiler/ir/recurrence.ts";
import { nodesWithin } from "../../compiler/ir/text.ts";
import { typeText } from "../../compiler/ir/types.ts";
import { chooseStored } from "../../compiler/lower/choose-stored.ts";
import { directPlaces } from "../../compiler/lower/scope.ts";
import { named } from "../../compiler/notation/formula.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { nodeFormula } from "../../compiler/notation/node-formula.ts";
import { displayFormulas } from "../../compiler/notation/symbol.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { nameMaker } from "../../compiler/util/name-maker.ts";

// One name for each node of a graph, in all views: stored values have their name in the emitted code.

/** Of a graph as it is lowered, the steps of its recurrences included. */
export function nodeNames(graph: Graph): ReadonlyMap<Node, string> {
  const steps = stepsOf(graph).map(({ step }) => step);
  const stored = new Set([graph, ...steps].flatMap((part) => [...chooseStored(part)]));
  const all = [...graph.nodes, ...steps.flatMap(({ nodes }) => nodes)];
  const hasPlace = (node: Node) => stored.has(node) || hasTrait(node, "leaf");
  return nameAll([...all.filter(hasPlace), ...all.filter((node) => !hasPlace(node))]);
}

/**
 * Names for a graph as a pass found it, after those of the graph that it left: a value that went through the
 * pass keeps its name, so that what differs between the texts of both graphs is what the pass did, and names
 * are those of the emitted code as far back as there is a value to be named. Numbers that tell names apart
 * would otherwise shift with every value that comes or goes.
 */
export type Names = ReadonlyMap<Node, string>;

/** Ways in which a value that a pass made can be the successor of one that is gone, the surest first. */
const likenesses: readonly ((node: Node) => string | undefined)[] = [
  // Rebuilt, since an operand changed.
  (node) => `${node.op} ${wish(node)} ${typeText(node.type)}`,
  // The same, but called after an operand, which is now another one.
  (node) =>
    isCalledAfterOperand(node) ? `${node.op} ${originText(node)} ${typeText(node.type)}` : undefined,
  // Replaced by something that is computed otherwise.
  (node) => `${wish(node)} ${typeText(node.type)}`,
];

/** `names`: of the nodes of `after`. A node that a pass left alone is the same object in both graphs. */
export function namesBefore(before: Graph, after: Graph, names: Names): Names {
  const old = [...new Set(nodesWithin(before))];
  const found = new Map<Node, string>();
  const heirs = new Set(nodesWithin(after));
  for (const node of old) if (heirs.delete(node)) found.set(node, names.get(node) ?? node.op);
  for (const likeness of likenesses) inherit(old, heirs, likeness, names, found);
  const unique = nameMaker(names.values(), "_");
  for (const node of old) if (!found.has(node)) found.set(node, unique(wish(node)));
  return found;
}

/**
 * Gives values without a name that of an heir like them, the one with most operands the same; each heir is
 * one's alone.
 */
function inherit(
  old: readonly Node[],
  heirs: Set<Node>,
  likeness: (node: Node) => string | undefined,
  names: Names,
  found: Map<Node, string>,
): void {
  const groups = groupBy(heirs, likeness);
  for (const node of old) {
    const key = likeness(node);
    if (found.has(node) || key === undefined) continue;
    const free = (groups.get(key) ?? []).filter((heir) => heirs.has(heir));
    const heir = free[maxIndex(free, (each) => sameOperands(node, each, names, found))];
    if (heir === undefined) continue;
    heirs.delete(heir);
    found.set(node, names.get(heir) ?? heir.op);
  }
}

/** How many operands of both have the same name. */
function sameOperands(node: Node, heir: Node, names: Names, found: Names): number {
  const others = operandsOf(heir);
  return operandsOf(node).filter(
    (operand, i) => found.has(operand) && found.get(operand) === names.get(others[i]),
  ).length;
}

const isCalledAfterOperand = (node: Node): boolean => hasTrait(node, "view") || node.op === "cast";

const originText = ({ origin: { layer, composite, forward } }: Node): string =>
  `${layer ?? ""} ${composite ?? ""} ${forward === undefined ? "" : wish(forward)}`;

// Which buffer holds a value of a lowered graph.

/**
 * Of leaves and of what would be stored if nothing were fused, the steps of recurrences included; a value
 * that is kept in a variable has no buffer of that name.
 */
export function bufferNames(graph: Graph): ReadonlyMap<Node, string> {
  const direct = directPlaces(graph);
  return new Map(
    [...nodeNames(graph)].map(([node, name]) => [node, leafName(node) ?? direct.get(node) ?? name]),
  );
}

// The spelling of a graph: which values have a name, and the formula of each in terms of those. Steps of recurrences
// are part of their graph.

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
  const spoken = displayFormulas(graph, isNamed, nameOf);
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
