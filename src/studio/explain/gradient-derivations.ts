/**
 * Derives the gradients in reading order: the forward values layer by layer, then the backward steps, each
 * shown once and numbered. Parameters appear in the order in which the backward pass reaches them. Each
 * derivation refers to the steps of earlier derivations, so all derivations together are no longer than the
 * backward pass.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { collectNodes, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { nameIn } from "../../compiler/ir/storage.ts";
import { typeText } from "../../compiler/ir/types.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { constantOf } from "../../compiler/notation/node-formula.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import type { Derivation, Explanation, NodeId, RewriteUse, RuleUse } from "../explanation.ts";
import { generalRules } from "./general-rule.ts";
import { rewriteUses, ruleUses } from "./rule-uses.ts";
import { graphFormulas, withSteps } from "./graph-formulas.ts";
import type { GraphFormulas } from "./graph-formulas.ts";
import type { Subject } from "./subject.ts";

/** A value as the equation `symbol = formula`, with its derivation. */
export interface Value {
  /** The name of the value in the emitted code. */
  readonly name: string;
  readonly symbol: Formula;
  readonly formula: Formula;
  readonly type: string;
  readonly layer: string | undefined;
  /** For derived values, the rules and the forward values to which they apply. */
  readonly derivations: readonly RuleUse[];
  /** The rewrites that produced the value. */
  readonly rewrites: readonly RewriteUse[];
}

export interface Step extends Value {
  /** The number of the step, counted from 1 over all derivations. */
  readonly number: number;
  /** The unnamed derived values that the formula contains. */
  readonly through: readonly Value[];
}

export interface Group {
  /** Undefined for values without a layer, such as the loss. */
  readonly layer: string | undefined;
  readonly values: readonly Value[];
}

export interface Derived {
  readonly parameter: string;
  /** All steps from the loss to the gradient, which is the last one. */
  readonly steps: readonly Step[];
  /**
   * The steps that no derivation of an earlier parameter contains. The list is empty if the gradient is an earlier
   * step.
   */
  readonly newSteps: readonly Step[];
  /**
   * The numbers of the earlier steps that the new steps read; if there are no new steps, the number of the gradient.
   */
  readonly from: readonly number[];
}

export interface GradientDerivations {
  readonly forward: readonly Group[];
  readonly derivations: readonly Derived[];
}

/**
 * Returns the derivation for every trainable parameter on which the loss depends, or only for the requested
 * one.
 */
export function gradientDerivations({
  compilation,
  of,
}: Pick<Subject, "compilation" | "of">): GradientDerivations {
  const graph = compilation.rematerialised.find(({ name }) => name === "gradient");
  invariant(graph !== undefined, "no program computes gradients");
  const formulas = graphFormulas(graph);
  const ruleOf = ruleUses(formulas, (node) => idOfValue({ name: formulas.nameOf(node) }), generalRules());
  const rewritesOf = rewriteUses();
  const valueOf = (node: Node): Value => ({
    name: formulas.nameOf(node),
    symbol: formulas.symbolOf(node),
    formula: formulas.formulaOf(node),
    type: typeText(node.type),
    layer: node.origin.layer,
    derivations: ruleOf(node),
    rewrites: rewritesOf(node.origin.rewrites ?? []),
  });
  /**
   * The values that a formula reads: named values, and the unnamed ones between them. Constants are excluded:
   * equal constants share one node, and its derivation is that of the first expression that needed the
   * constant.
   */
  const readBy = (node: Node): { readonly named: Node[]; readonly through: Node[] } => {
    const parts = operandsOf(node).map((operand) => {
      if (formulas.isNamed(operand)) return { named: [operand], through: [] };
      const inner = readBy(operand);
      const isDerived = operand.origin.forward !== undefined && constantOf(operand) === undefined;
      return isDerived ? { ...inner, through: [...inner.through, operand] } : inner;
    });
    return {
      named: [...new Set(parts.flatMap(({ named }) => named))],
      through: [...new Set(parts.flatMap(({ through }) => through))],
    };
  };

  const known = new Map<Node, Step>();
  const derivations = graph.outputs.flatMap(({ storage, node: gradient }): Derived[] => {
    const parameter = nameIn("gradient", storage);
    if (parameter === undefined || (of !== undefined && parameter !== of)) return [];
    const nodes = stepsTo(gradient, formulas);
    const newNodes = nodes.filter((node) => !known.has(node));
    const reads = newNodes.map(readBy);
    const from = new Set(
      reads.flatMap(({ named }) => named.flatMap((node) => known.get(node)?.number ?? [])),
    );
    newNodes.forEach((node, i) => {
      known.set(node, { ...valueOf(node), number: known.size + 1, through: reads[i].through.map(valueOf) });
    });
    const stepsOf = (list: readonly Node[]): Step[] =>
      list.flatMap((node) => known.get(node) ?? []).sort((a, b) => a.number - b.number);
    const steps = stepsOf(nodes);
    if (newNodes.length === 0)
      return [{ parameter, steps, newSteps: [], from: stepsOf([gradient]).map(numberOf) }];
    return [{ parameter, steps, newSteps: stepsOf(newNodes), from: [...from].sort((a, b) => a - b) }];
  });

  const isForward = (node: Node): boolean =>
    node.origin.forward === undefined &&
    formulas.isNamed(node) &&
    !hasTrait(node, "leaf") &&
    !known.has(node);
  return { forward: groupsOf(formulas.nodes.filter(isForward).map(valueOf)), derivations };
}

const numberOf = ({ number }: Step): number => number;

/**
 * Groups the values by layer, in the order of each layer's first value. Values without a layer, such as the
 * loss, come last.
 */
function groupsOf(values: readonly Value[]): Group[] {
  const layers = [...new Set(values.map(({ layer }) => layer))].filter((layer) => layer !== undefined);
  return [...layers, undefined]
    .map((layer) => ({ layer, values: values.filter((value) => value.layer === layer) }))
    .filter((group) => group.values.length > 0);
}

/** The id of a value in the program `gradient`. */
export const idOfValue = ({ name }: Pick<Value, "name">): NodeId => `gradient/${name}`;

/**
 * Returns the forward values and the derivations with the ids of nodes. There is a derivation for every trainable
 * parameter on which the loss depends, in the order of the parameters.
 */
export function explainGradients({
  compilation,
}: Pick<Subject, "compilation">): Pick<Explanation, "forward" | "derivations"> {
  const { forward, derivations } = gradientDerivations({ compilation, of: undefined });
  const derived = new Map(derivations.map(({ parameter, steps }) => [parameter, steps]));
  const inOrder = compilation.built.parameters.flatMap(({ name }): Derivation[] => {
    const steps = derived.get(name)?.map((step) => ({
      number: step.number,
      node: idOfValue(step),
      through: step.through.map(idOfValue),
    }));
    return steps === undefined ? [] : [{ parameter: name, steps }];
  });
  return { forward: forward.flatMap(({ values }) => values.map(idOfValue)), derivations: inOrder };
}

/**
 * The named backward values on which the gradient depends. The nodes of a recurrence's step come before the
 * first value that the recurrence produces. The inputs of such a step, for instance forward values, are not
 * derived, so they are not included. The gradient itself is always included, even if it was simplified to a
 * forward value.
 */
function stepsTo(gradient: Node, formulas: GraphFormulas): Node[] {
  const isDerived = (node: Node): boolean =>
    node.origin.forward !== undefined && formulas.isNamed(node) && !hasTrait(node, "leaf");
  const nodes = withSteps(collectNodes([{ storage: "gradient", node: gradient }]));
  return nodes.filter((node) => node === gradient || isDerived(node));
}
