/** What kernels say of the nodes that they compute: formulas, what a gradient is the gradient of, operations. */
import type { Node, Recurrence } from "../ir/nodes.ts";
import { plainName } from "../loop/provenance-names.ts";
import type { Provenance } from "../loop/types.ts";
import { formulaOf } from "../notation/formula-text.ts";

/** The display name of a node that has one. */
type DisplayName = (node: Node) => string | undefined;

export function provenanceOf(node: Node, displayName: DisplayName, flops: number): Provenance {
  const { forward, rule, layer, path } = node.origin;
  return {
    node,
    text: `${displayName(node) ?? node.op} = ${formulaOf(node, displayName)}`,
    layer,
    path,
    rule,
    gradientOf: forward === undefined ? undefined : forwardText(forward, displayName),
    flops,
  };
}

/** Of an output that is copied to its storage. */
export const copyProvenance = (storage: string, node: Node, displayName: DisplayName): Provenance =>
  textAlone(node, `${plainName(storage)} = ${plainName(displayName(node) ?? node.op)}`);

/** Of a loop along time, above the lines of its step. */
export function loopProvenance(scan: Node, { length, reverse }: Recurrence): Provenance {
  const [first, last] = reverse ? [length - 1, 0] : [0, length - 1];
  return textAlone(scan, `For t = ${first} … ${last}:`);
}

const textAlone = ({ origin: { layer, path } }: Node, text: string): Provenance => ({
  node: undefined,
  text,
  layer,
  path,
  rule: undefined,
  gradientOf: undefined,
  flops: 0,
});

/** The forward node as its formula. Values of layers have their names in it, even if the code has none of them. */
function forwardText(forward: Node, displayName: DisplayName): string {
  const name = displayName(forward) ?? forward.name;
  const ofLayer = ({ name: own, origin }: Node) => (origin.layer === undefined ? undefined : own);
  const formula = formulaOf(forward, (node) => displayName(node) ?? ofLayer(node));
  return name === undefined ? formula : `${name} = ${formula}`;
}
