/** Names of nodes for all views, and the formula of each node in terms of named values. */
import { maxIndex } from "d3-array";
import { nameAll, nameHint } from "../../compiler/ir/names.ts";
import { leafName, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Graph, Node, Recurrence } from "../../compiler/ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../../compiler/ir/recurrence.ts";
import { nodesWithin } from "../../compiler/ir/text.ts";
import { typeText } from "../../compiler/ir/types.ts";
import { chooseMaterialised } from "../../compiler/lower/choose-materialised.ts";
import { directOutputs } from "../../compiler/lower/scope.ts";
import { named } from "../../compiler/notation/formula.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { nodeFormula } from "../../compiler/notation/node-formula.ts";
import { displayFormulas } from "../../compiler/notation/symbol.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { nameMaker } from "../../compiler/util/name-maker.ts";

// The names of nodes. A node has the same name in all views; a materialised value has its name in the emitted
// code.

/** Names the nodes of a lowered graph, including those in the steps of its recurrences. */
export function nodeNames(graph: Graph): ReadonlyMap<Node, string> {
  const steps = stepsOf(graph).map(({ step }) => step);
  const stored = new Set([graph, ...steps].flatMap((part) => [...chooseMaterialised(part)]));
  const all = [...graph.nodes, ...steps.flatMap(({ nodes }) => nodes)];
  const isInMemory = (node: Node) => stored.has(node) || hasTrait(node, "leaf");
  return nameAll([...all.filter(isInMemory), ...all.filter((node) => !isInMemory(node))]);
}

/**
 * Names for the graph before a pass, derived from the names in the graph after it. A value that the pass does
 * not change keeps its name, so a diff of the two texts shows only the effect of the pass. Values have their
 * emitted names in every graph that contains them. If each graph were named separately, the numbers that
 * distinguish equal names would shift whenever a value is added or removed.
 */
export type Names = ReadonlyMap<Node, string>;

/** Criteria that match a removed value with its successor after the pass, the most reliable first. */
const successorCriteria: readonly ((node: Node) => string | undefined)[] = [
  // The same value, rebuilt because an operand changed.
  (node) => `${node.op} ${nameHint(node)} ${typeText(node.type)}`,
  // The same op with a different name: the value is named after an operand, and the operand changed.
  (node) =>
    isCalledAfterOperand(node) ? `${node.op} ${originText(node)} ${typeText(node.type)}` : undefined,
  // The same name and type, but a different computation.
  (node) => `${nameHint(node)} ${typeText(node.type)}`,
];

/**
 * `names` are the names of the nodes of `after`. A node that the pass left unchanged is the same object in
 * both graphs.
 */
export function namesBefore(before: Graph, after: Graph, names: Names): Names {
  const old = [...new Set(nodesWithin(before))];
  const found = new Map<Node, string>();
  const successors = new Set(nodesWithin(after));
  for (const node of old) if (successors.delete(node)) found.set(node, names.get(node) ?? node.op);
  for (const criterion of successorCriteria) inherit(old, successors, criterion, names, found);
  const unique = nameMaker(names.values(), "_");
  for (const node of old) if (!found.has(node)) found.set(node, unique(nameHint(node)));
  return found;
}

/**
 * Gives each unnamed value the name of a matching successor, preferably one with the same operands. Each
 * successor is used once.
 */
function inherit(
  old: readonly Node[],
  successors: Set<Node>,
  criterion: (node: Node) => string | undefined,
  names: Names,
  found: Map<Node, string>,
): void {
  const groups = groupBy(successors, criterion);
  for (const node of old) {
    const key = criterion(node);
    if (found.has(node) || key === undefined) continue;
    const free = (groups.get(key) ?? []).filter((successor) => successors.has(successor));
    const successor = free[maxIndex(free, (each) => sameOperands(node, each, names, found))];
    if (successor === undefined) continue;
    successors.delete(successor);
    found.set(node, names.get(successor) ?? successor.op);
  }
}

/** The number of operands that have the same name in both nodes. */
function sameOperands(node: Node, successor: Node, names: Names, found: Names): number {
  const others = operandsOf(successor);
  return operandsOf(node).filter(
    (operand, i) => found.has(operand) && found.get(operand) === names.get(others[i]),
  ).length;
}

const isCalledAfterOperand = (node: Node): boolean => hasTrait(node, "view") || node.op === "cast";

const originText = ({ origin: { layer, composite, forward } }: Node): string =>
  `${layer ?? ""} ${composite ?? ""} ${forward === undefined ? "" : nameHint(forward)}`;

// The buffers that contain the values of a lowered graph.

/**
 * Returns a buffer name for each node. The buffer exists only for leaves and for values that are materialised
 * before fusion, including those in steps of recurrences. A value that scalar replacement moves to a variable
 * has no buffer.
 */
export function bufferNames(graph: Graph): ReadonlyMap<Node, string> {
  const direct = directOutputs(graph);
  return new Map(
    [...nodeNames(graph)].map(([node, name]) => [node, leafName(node) ?? direct.get(node) ?? name]),
  );
}

// The formulas of a graph: which values have a name, and the formula of each value in terms of named values.
// The steps of recurrences are part of their graph.

export interface GraphFormulas {
  /** The nodes of the graph and of its steps, operands first, each once. */
  readonly nodes: readonly Node[];
  nameOf(node: Node): string;
  /** Whether formulas refer to the node by name. Other nodes are written inline. */
  isNamed(node: Node): boolean;
  /** The symbol of the node in formulas; undefined if the node is written inline. */
  displayName(node: Node): Formula | undefined;
  /** The left-hand side of the node's equation: `h` in `h = tanh(z)`. */
  symbolOf(node: Node): Formula;
  formulaOf(node: Node): Formula;
}

export function graphFormulas(graph: Graph): GraphFormulas {
  const nodes = [...new Set(withSteps(graph.nodes))];
  const parts = [graph, ...stepsOf(graph).map(({ step }) => step)];
  const names = nodeNames(graph);
  const nameOf = (node: Node): string => names.get(node) ?? node.op;
  const isNamed = namedIn(parts);
  const displayName = displayFormulas(graph, isNamed, nameOf);
  const symbolOf = (node: Node): Formula => displayName(node) ?? named(nameOf(node), node.origin.layer);
  const carried = carriedNames(parts, displayName);
  const formulaOf = (node: Node): Formula => {
    if (node.op === "argument") return symbolOf(node);
    if (node.op !== "scan") {
      const [formula, name] = [nodeFormula(node, displayName), carried.get(node)];
      return name === undefined ? formula : { kind: "equation", x: name, y: formula };
    }
    const { recurrence, value } = node.attributes;
    return {
      kind: "row",
      parts: [displayName(value) ?? nodeFormula(value, displayName), ` for ${timeRangeText(recurrence)}`],
    };
  };
  return { nodes, nameOf, isNamed, displayName, symbolOf, formulaOf };
}

/**
 * Second names for state that a step passes to the next one. The next step reads the value as c[t − 1], or as
 * d_c[t + 1] in reverse order. In the step that computes the value, it is also called c[t] or d_c[t], and its
 * formula shows both names. A stacked value has only one name.
 */
function carriedNames(
  parts: readonly Graph[],
  displayName: (node: Node) => Formula | undefined,
): ReadonlyMap<Node, Formula> {
  const recurrences = parts.flatMap((part) => [...recurrencesOf(part)]);
  return new Map(
    recurrences.flatMap(([{ operands }, scans]) =>
      operands.flatMap(({ argument, next }): [Node, Formula][] => {
        const before = displayName(argument);
        const isStacked = scans.some(({ attributes }) => attributes.value === next);
        if (next === undefined || isStacked || before?.kind !== "name") return [];
        return [[next, { ...before, time: "t" }]];
      }),
    ),
  );
}

/**
 * Lists nodes so that operands come before their users. The nodes of a recurrence's step come before the
 * first value that the recurrence produces.
 */
export function withSteps(nodes: readonly Node[]): Node[] {
  const recurrences = recurrencesOf({ nodes });
  return nodes.flatMap((node) => {
    const scans = node.op === "scan" ? (recurrences.get(node.attributes.recurrence) ?? []) : [];
    if (node.op !== "scan" || scans[0] !== node) return [node];
    return [...withSteps(stepGraph(node.attributes.recurrence, scans).nodes), node];
  });
}

/** The range of time steps in execution order, such as `t = 0 … 6`. */
function timeRangeText({ length, reverse }: Recurrence): string {
  const [first, last] = reverse ? [length - 1, 0] : [0, length - 1];
  return `t = ${first} … ${last}`;
}

/**
 * Returns whether a value has a name in formulas or is written inline:
 * - named: outputs of the graph, materialised values, values that the model, the library or a rule named,
 *   values whose op needs its own loops, and values with several users;
 * - inline: numbers, views, products that are terms of a sum (x · W + b), and derivatives with respect to
 *   unnamed values if they have a single user.
 */
function namedIn(parts: readonly Graph[]): (node: Node) => boolean {
  const stored = new Set(parts.flatMap((part) => [...chooseMaterialised(part)]));
  const outputs = new Set(parts.flatMap((part) => part.outputs.map(({ node }) => node)));
  const nodes = new Set(parts.flatMap((part) => part.nodes));
  const users = new Map<Node, Node[]>();
  for (const node of nodes)
    for (const operand of operandsOf(node)) users.set(operand, [...(users.get(operand) ?? []), node]);
  const valueNames = new Set([...nodes].flatMap(({ name, origin }) => [name, origin.forward?.name]));

  /** The only user of a node, if there is exactly one. */
  const readerOf = (node: Node): Node | undefined => {
    const readers = users.get(node) ?? [];
    return readers.length === 1 && !outputs.has(node) ? readers[0] : undefined;
  };
  const isTerm = (node: Node): boolean => node.op === "contract" && readerOf(node)?.op === "add";
  /** Whether a cast rounds a value that has no other user. Formulas then name only the rounded value. */
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
 * Whether a node has the same numbers as its operand, only repeated or in a different type. Formulas use one
 * name for both, unless the library gave them separate names.
 */
function isRepetition(node: Node): boolean {
  const { forward } = node.origin;
  const isSame = node.op === "broadcast" || node.op === "cast" || node.op === "stopGradient";
  return isSame && (node.name === undefined || forward !== undefined);
}
