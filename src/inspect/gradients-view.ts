/**
 * How each gradient was derived: the steps from the loss back to the parameter, each a formula with its type, the forward node that
 * it is a derivative of, the rule that gave it, and the rewrites that made it what it is.
 */
import { invariant } from "../diagnostics/errors.ts";
import { nameNodes } from "../ir/names.ts";
import { collectNodes, operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { typeText } from "../ir/types.ts";
import { formulaOf } from "../ops/formula.ts";
import { hasTrait } from "../ops/index.ts";
import type { Subject, View } from "./view.ts";

interface Step {
  readonly name: string;
  readonly formula: string;
  readonly type: string;
  readonly rule?: string;
  readonly forward?: string;
  readonly layer?: string;
  readonly rewrites?: readonly string[];
}

interface Derivation {
  readonly parameter: string;
  readonly steps: readonly Step[];
}

export function gradientsView({ compilation, of }: Subject): View {
  const graph = compilation.graphs.gradient;
  const spell = spelling(graph);
  const forward = graph.nodes.filter((node) => node.origin.forward === undefined && spell.isNamed(node));
  const values = forward.filter((node) => !hasTrait(node, "leaf")).map(spell.step);
  const derivations = compilation.built.parameters
    .filter(({ name, trainable }) => trainable && (of === undefined || name === of))
    .map(({ name }): Derivation => ({
      parameter: name,
      steps: stepsTo(graph, name).filter(spell.isNamed).map(spell.step),
    }));
  const text = [
    "Values on the way to the loss",
    ...values.flatMap(stepText),
    ...derivations.flatMap(({ parameter, steps }) => ["", `Gradient of the loss with respect to ${parameter}`, ...steps.flatMap(stepText)]), // prettier-ignore
    "",
  ].join("\n");
  return { text, json: { values, derivations } };
}

/** The nodes of the backward part on which the gradient depends, from the loss on; the gradient itself is the last. */
function stepsTo(graph: Graph, parameter: string): Node[] {
  const output = graph.outputs.find(({ storage }) => storage === `gradient:${parameter}`);
  invariant(output !== undefined, `${parameter} has no gradient`);
  const backward = collectNodes([output]).filter(({ origin }) => origin.forward !== undefined);
  // A gradient that simplified to a forward value still is a step.
  return backward.includes(output.node) ? backward : [...backward, output.node];
}

/** Which nodes stand under a name of their own (the others are written out where they are used), and how each reads. */
function spelling(graph: Graph) {
  const names = nameNodes(graph);
  const uses = new Map<Node, number>();
  for (const node of graph.nodes)
    for (const operand of operandsOf(node)) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  const outputs = new Set(graph.outputs.map(({ node }) => node));
  const isNamed = (node: Node): boolean => {
    if (outputs.has(node) || node.name !== undefined) return true;
    const isSmall =
      node.op === "constant" || node.op === "iota" || node.op === "batchSize" || hasTrait(node, "view");
    return hasTrait(node, "contraction") || (!isSmall && (uses.get(node) ?? 0) > 1);
  };
  const nameOf = (node: Node) => (isNamed(node) || hasTrait(node, "leaf") ? leafName(node) ?? names.get(node) : undefined); // prettier-ignore
  const step = (node: Node): Step => {
    const { forward, rule, layer, rewrites } = node.origin;
    return {
      name: names.get(node) ?? node.op,
      formula: formulaOf(node, nameOf),
      type: typeText(node.type),
      ...(rule !== undefined && { rule }),
      ...(forward !== undefined && { forward: forwardText(forward, nameOf) }),
      ...(layer !== undefined && { layer }),
      ...(rewrites !== undefined && rewrites.length > 0 && { rewrites }),
    };
  };
  return { isNamed, step };
}

/** Leaves of the graph are called as the model calls them; numbers are written out. */
const leafName = (node: Node): string | undefined =>
  node.op === "input" || node.op === "parameter" || node.op === "state" ? node.attributes.name : undefined;

/** A forward node as it was when it was differentiated; what it reads may be gone by now, so names are wishes. */
function forwardText(forward: Node, nameOf: (node: Node) => string | undefined): string {
  const known = (node: Node) => leafName(node) ?? node.name ?? nameOf(node);
  const formula = formulaOf(forward, (node) => (node === forward ? undefined : known(node)));
  const name = forward.name;
  return name === undefined ? formula : `${name} = ${formula}`;
}

function stepText({ name, formula, type, rule, forward, layer, rewrites = [] }: Step): string[] {
  const lines = [`  ${name} = ${formula}   ${type}`];
  if (forward !== undefined)
    lines.push(`      by ${rule} of ${forward}${layer === undefined ? "" : `   (${layer})`}`);
  if (rewrites.length > 0) lines.push(`      rewritten: ${rewrites.join(", ")}`);
  return lines;
}
