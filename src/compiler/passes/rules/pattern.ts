/**
 * The pattern of one application of a rewrite rule: the nodes that it replaces, and the values that it only reads.
 * Rules are functions, so the pattern is found by comparing a node with its replacement.
 */
import { derivationsOf, operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeDerivation } from "../../ir/nodes.ts";

/** The maximum number of ops between the root of a pattern and the values that the pattern only reads. */
const depth = 4;

/**
 * Returns the values that both sides of a rewrite read. `after` is the replacement; every node that the rule created
 * records the rule as its last rewrite.
 */
export function valuesRead(after: Node): ReadonlySet<Node> {
  const rewrite = after.origin.rewrites?.at(-1);
  const read = new Set<Node>();
  const collect = (node: Node): void => {
    if (rewrite === undefined || node.origin.rewrites?.at(-1) !== rewrite) read.add(node);
    else operandsOf(node).forEach(collect);
  };
  collect(after);
  return read;
}

/** The nodes that the rule replaced, operands first. The root of the pattern, `before`, comes last. */
function replacedNodes(before: Node, after: Node): readonly Node[] {
  const read = valuesRead(after);
  // A constant reads nothing, so it does not show where the pattern ends.
  if (read.size === 0) return [before];
  const replaced = new Set<Node>();
  const collect = (node: Node, distance: number): void => {
    if (read.has(node) || distance > depth) return;
    for (const operand of operandsOf(node)) collect(operand, distance + 1);
    replaced.add(node);
  };
  collect(before, 0);
  return [...replaced];
}

/**
 * Returns the derivations of all replaced nodes, each once. The derivation of the root is
 * not included, because the replacement inherits it. The result is empty for forward values.
 */
export function combinedDerivations(before: Node, after: Node): readonly NodeDerivation[] {
  const { forward, rule } = before.origin;
  if (forward === undefined) return [];
  const isSame = (a: NodeDerivation, b: NodeDerivation): boolean =>
    a.forward === b.forward && a.rule === b.rule;
  const all = replacedNodes(before, after).flatMap(derivationsOf);
  return all.filter(
    (each, i) =>
      i === all.findIndex((other) => isSame(each, other)) &&
      !(each.forward === forward && each.rule === rule),
  );
}
