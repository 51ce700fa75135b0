/**
 * How each gradient was derived: the steps from the loss back to the parameter, each a formula with its type, the forward node that
 * it is a derivative of, the rule that gave it, and the rewrites that made it what it is.
 */
import { invariant } from "../diagnostics/errors.ts";
import { nameAll } from "../ir/names.ts";
import { collectNodes, operandsOf } from "../ir/nodes.ts";
import type { Graph, Node, Recurrence } from "../ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../ir/recurrence.ts";
import { typeText } from "../ir/types.ts";
import { formulaOf } from "../ops/formula.ts";
import { hasTrait } from "../ops/index.ts";
import { spokenNames } from "../ops/spoken-names.ts";
import type { Subject, View } from "./view.ts";

interface Step {
  readonly name: string;
  readonly formula: string;
  readonly type: string;
  readonly rule?: string;
  readonly forward?: string;
  readonly layer?: string;
  readonly rewrites?: readonly string[];
  /** Of the first value of a recurrence: what each of its steps computes. */
  readonly steps?: readonly Step[];
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
  return { text: () => text, json: () => ({ values, derivations }) };
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
  const parts = [graph, ...stepsOf(graph).map((inner) => inner.step)];
  const all = parts.flatMap(({ nodes }) => nodes);
  const names = nameAll(all);
  const uses = new Map<Node, number>();
  for (const node of all)
    for (const operand of operandsOf(node)) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  const outputs = new Set(parts.flatMap((part) => part.outputs.map(({ node }) => node)));
  const isNamed = (node: Node): boolean => {
    if (outputs.has(node) || node.name !== undefined) return true;
    const isSmall =
      node.op === "constant" || node.op === "iota" || node.op === "batchSize" || hasTrait(node, "view");
    const hasLoops = hasTrait(node, "contraction") || hasTrait(node, "recurrence");
    return hasLoops || (!isSmall && (uses.get(node) ?? 0) > 1);
  };
  const isSpoken = (node: Node) => isNamed(node) || hasTrait(node, "leaf");
  const nameOf = spokenNames(graph, isSpoken, (node) => leafName(node) ?? names.get(node));
  const recurrences = recurrencesOf({ nodes: all });
  /** The steps of a recurrence, told with the first of its values. */
  const stepsIn = (node: Node): Step[] => {
    const scans = node.op === "scan" ? (recurrences.get(node.attributes.recurrence) ?? []) : [];
    if (node.op !== "scan" || scans[0] !== node) return [];
    const inner = stepGraph(node.attributes.recurrence, scans).nodes;
    return inner.filter((each) => isNamed(each) && !hasTrait(each, "leaf")).map(step);
  };
  const recurrenceText = (node: Node, recurrence: Recurrence): string => {
    const [first] = recurrences.get(recurrence) ?? [node];
    const { length, reverse } = recurrence;
    const [from, to] = reverse ? [length - 1, 0] : [0, length - 1];
    return first === node ? `for t = ${from} … ${to}` : `kept from the steps of ${nameOf(first) ?? first.op}`;
  };
  const step = (node: Node): Step => {
    const { forward, rule, layer, rewrites } = node.origin;
    return {
      name: nameOf(node) ?? names.get(node) ?? node.op,
      formula:
        node.op === "scan" ? recurrenceText(node, node.attributes.recurrence) : formulaOf(node, nameOf),
      type: typeText(node.type),
      ...(rule !== undefined && { rule }),
      ...(forward !== undefined && { forward: forwardText(forward, nameOf) }),
      ...(layer !== undefined && { layer }),
      ...(rewrites !== undefined && rewrites.length > 0 && { rewrites: rewrites.map(({ rule }) => rule) }),
      ...(node.op === "scan" && { steps: stepsIn(node) }),
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

function stepText({ name, formula, type, rule, forward, layer, rewrites = [], steps = [] }: Step): string[] {
  const lines = [`  ${name} = ${formula}   ${type}`];
  if (forward !== undefined)
    lines.push(`      by ${rule} of ${forward}${layer === undefined ? "" : `   (${layer})`}`);
  if (rewrites.length > 0) lines.push(`      rewritten: ${rewrites.join(", ")}`);
  return [...lines, ...steps.flatMap(stepText).map((line) => `      ${line}`)];
}
