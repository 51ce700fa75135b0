/**
 * The provenance of kernels: for each node, its formula and its number of operations, and for a gradient also
 * the forward value that it belongs to.
 */
import type { Node, Recurrence } from "../ir/nodes.ts";
import { storageLabel } from "../ir/storage.ts";
import { formulaLine, headLine, plainName } from "../loop/provenance-names.ts";
import type { ProvenanceLine } from "../loop/provenance-names.ts";
import type { Provenance } from "../loop/types.ts";
import { formulaOf } from "../notation/text.ts";

/** Returns the display name of a node; undefined if it has none. */
type DisplayName = (node: Node) => string | undefined;

export function provenanceOf(node: Node, displayName: DisplayName, flops: number): Provenance {
  const { forward, rule, layer, path } = node.origin;
  const reads = new Set<string>();
  const formula = formulaOf(node, (part) => {
    const name = displayName(part);
    if (name === undefined) return undefined;
    reads.add(name);
    return storageLabel(name);
  });
  return {
    node,
    ...formulaLine(displayName(node) ?? node.op, formula, reads),
    layer,
    path,
    rule,
    gradientOf: forward === undefined ? undefined : forwardText(forward, displayName),
    flops,
  };
}

/** The provenance line of an output that is copied to its storage. */
export function copyProvenance(storage: string, node: Node, displayName: DisplayName): Provenance {
  const copied = plainName(displayName(node) ?? node.op);
  return ofNoNode(node, formulaLine(plainName(storage), copied, [copied]));
}

/** The heading of a loop along time. The lines of its step follow. */
export function loopProvenance(scan: Node, { length, reverse }: Recurrence): Provenance {
  const [first, last] = reverse ? [length - 1, 0] : [0, length - 1];
  return ofNoNode(scan, headLine(`For t = ${first} … ${last}:`));
}

const ofNoNode = ({ origin: { layer, path } }: Node, line: ProvenanceLine): Provenance => ({
  node: undefined,
  ...line,
  layer,
  path,
  rule: undefined,
  gradientOf: undefined,
  flops: 0,
});

/**
 * The formula of a forward node. It uses the names of layer values, even where the code has no such variable.
 */
function forwardText(forward: Node, displayName: DisplayName): string {
  const labelOf = (node: Node) => {
    const name = displayName(node);
    return name && storageLabel(name);
  };
  const name = labelOf(forward) ?? forward.name;
  const ofLayer = ({ name: own, origin }: Node) => (origin.layer === undefined ? undefined : own);
  const formula = formulaOf(forward, (node) => labelOf(node) ?? ofLayer(node));
  return name === undefined ? formula : `${name} = ${formula}`;
}
