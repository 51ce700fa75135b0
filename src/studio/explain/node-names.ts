/**
 * One name for each node of a graph, in all views and in the emitted code: what code stores is called as it
 * is there.
 */
import { maxIndex } from "d3-array";
import { nameAll, wish } from "../../compiler/ir/names.ts";
import { leafName, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Graph, Node } from "../../compiler/ir/nodes.ts";
import { nodesWithin } from "../../compiler/ir/print.ts";
import { stepsOf } from "../../compiler/ir/recurrence.ts";
import { typeText } from "../../compiler/ir/types.ts";
import { chooseStored } from "../../compiler/lower/choose-stored.ts";
import { directPlaces } from "../../compiler/lower/scope.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { nameMaker } from "../../compiler/util/name-maker.ts";

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
