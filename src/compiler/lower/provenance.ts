/**
 * The provenance of kernels: for each node, its formula and its number of operations, and for a gradient also
 * the forward value to which it belongs.
 */
import type { Node, Recurrence } from "../ir/nodes.ts";
import { storageLabel, storageParts } from "../ir/storage.ts";
import type { Provenance } from "../loop/types.ts";
import { named } from "../notation/formula.ts";
import type { Formula } from "../notation/formula.ts";
import { nodeFormula } from "../notation/node-formula.ts";
import { textOf } from "../notation/text.ts";

/**
 * Returns the display form of a node with a name: the name, and in the step of a recurrence also the time
 * index.
 */
export type Display = (node: Node) => Formula | undefined;

/** The name of a storage buffer as formulas show it. */
const labelled = (formula: Formula): Formula =>
  formula.kind === "name" ? { ...formula, name: storageLabel(formula.name) } : formula;

const labelOf =
  (display: Display): Display =>
  (node) => {
    const formula = display(node);
    return formula && labelled(formula);
  };

const nameIn = (formula: Formula): string => (formula.kind === "name" ? formula.name : textOf(formula));

export function provenanceOf(
  node: Node,
  display: Display,
  flopsByLayer: Provenance["flopsByLayer"] = new Map(),
): Provenance {
  const { forward, rule, layer, path } = node.origin;
  const value = display(node) ?? named(node.op);
  return {
    node,
    ...formulaLine(value, nodeFormula(node, labelOf(display))),
    layer,
    path,
    rule,
    gradientOf: forward === undefined ? undefined : forwardText(forward, display),
    flops: [...flopsByLayer.values()].reduce((sum, flops) => sum + flops, 0),
    flopsByLayer,
  };
}

/** The line of an output that is copied to its storage. */
export function copyProvenance(storage: string, node: Node, display: Display): Provenance {
  const [target, source] = [storage, nameIn(display(node) ?? named(node.op))];
  const plain = (name: string): Formula => named(storageParts(name).name);
  return ofNoNode(node, formulaLine(plain(target), plain(source)));
}

/** The heading of a loop along time. The lines of its step follow. */
export function loopProvenance(scan: Node, { length, reverse }: Recurrence): Provenance {
  const [first, last] = reverse ? [length - 1, 0] : [0, length - 1];
  return ofNoNode(scan, { text: `For t = ${first} … ${last}:`, value: undefined, isCopy: false });
}

type Line = Pick<Provenance, "text" | "value" | "isCopy">;

/** The line of a value and its formula. */
function formulaLine(value: Formula, formula: Formula): Line {
  const [left, right] = [value, formula].map(textOf);
  return {
    text: `${left} = ${right}`,
    value: nameIn(value),
    // In a copy, the two names differ only in the number that makes them unique.
    isCopy: left.replace(/_\d+$/, "") === right,
  };
}

const ofNoNode = ({ origin: { layer, path } }: Node, line: Line): Provenance => ({
  node: undefined,
  ...line,
  layer,
  path,
  rule: undefined,
  gradientOf: undefined,
  flops: 0,
  flopsByLayer: new Map(),
});

/**
 * The formula of a forward node. It uses the names of layer values, even where the code has no such variable.
 */
function forwardText(forward: Node, display: Display): string {
  const label = labelOf(display);
  const ofLayer = ({ name, origin }: Node) =>
    origin.layer === undefined || name === undefined ? undefined : named(name);
  const formula = textOf(nodeFormula(forward, (node) => label(node) ?? ofLayer(node)));
  const name = label(forward) ?? (forward.name === undefined ? undefined : named(forward.name));
  return name === undefined ? formula : `${textOf(name)} = ${formula}`;
}
