/**
 * The pattern of one application of a rewrite rule: the nodes that it replaces, and the values that it only reads.
 * Rules are functions, so the pattern is found by comparing a node with its replacement.
 */
import { derivationsOf, operandsOf } from "../../ir/nodes.ts";
import type { Node, Origin } from "../../ir/nodes.ts";

/** The maximum number of ops between the root of a pattern and the values that the pattern only reads. */
const depth = 4;

export interface Pattern {
  /** The nodes that the rule replaced, operands first. The root of the pattern comes last. */
  readonly replaced: ReadonlySet<Node>;
  /** The nodes that the rule created. */
  readonly created: ReadonlySet<Node>;
  /** The values that the replacement reads. */
  readonly read: ReadonlySet<Node>;
}

/**
 * Returns the pattern of a rewrite of `before` to `after`. Every node that the rule created records the rule as its
 * last rewrite.
 */
export function patternOf(before: Node, after: Node): Pattern {
  const rewrite = after.origin.rewrites?.at(-1);
  const read = new Set<Node>();
  const created = new Set<Node>();
  const collect = (node: Node): void => {
    if (created.has(node) || read.has(node)) return;
    if (rewrite === undefined || node.origin.rewrites?.at(-1) !== rewrite) {
      read.add(node);
      return;
    }
    created.add(node);
    operandsOf(node).forEach(collect);
  };
  collect(after);
  return { replaced: replacedNodes(before, read), created, read };
}

function replacedNodes(before: Node, read: ReadonlySet<Node>): ReadonlySet<Node> {
  // A constant reads nothing, so it does not show where the pattern ends.
  if (read.size === 0) return new Set([before]);
  const replaced = new Set<Node>();
  const collect = (node: Node, distance: number): void => {
    if (read.has(node) || distance > depth) return;
    for (const operand of operandsOf(node)) collect(operand, distance + 1);
    replaced.add(node);
  };
  collect(before, 0);
  return replaced;
}

/**
 * Returns what a replacement adds to its origin: the derivations and rewrites of all replaced nodes, each once. Its own
 * derivation is that of the root, and its last rewrite is the one that created it. Forward values have no derivations.
 */
export function combinedOrigin(before: Node, after: Node): Pick<Origin, "combined" | "rewrites"> {
  const replaced = [...patternOf(before, after).replaced];
  const own = after.origin.rewrites ?? [];
  const rewrites = [...replaced.flatMap(({ origin }) => origin.rewrites ?? []), ...own.slice(0, -1)].filter(
    ({ rule }, i, all) => rule !== own.at(-1)?.rule && i === all.findIndex((each) => each.rule === rule),
  );
  const { forward, rule } = before.origin;
  const derivations = forward === undefined ? [] : replaced.flatMap(derivationsOf);
  const combined = derivations.filter(
    (each, i) =>
      i === derivations.findIndex((other) => each.forward === other.forward && each.rule === other.rule) &&
      !(each.forward === forward && each.rule === rule),
  );
  return { ...(combined.length > 0 && { combined }), rewrites: [...rewrites, ...own.slice(-1)] };
}
