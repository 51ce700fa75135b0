/**
 * Derives the gradients in reading order: the forward values layer by layer, then the backward steps, each
 * shown once and numbered. Parameters appear in the order in which the backward pass reaches them. Each
 * derivation refers to the steps of earlier derivations, so all derivations together are no longer than the
 * backward pass.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { collectNodes, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { gradientStorage, nameIn } from "../../compiler/ir/storage.ts";
import { typeText } from "../../compiler/ir/types.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { constantOf } from "../../compiler/notation/node-formula.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import type { Derivation, RewriteUse, RuleUse } from "../explanation.ts";
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
  /** For derived values, the rule and the forward value to which it applies. */
  readonly derivation: RuleUse | undefined;
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
  /** The numbers of the earlier steps, in derivations of other parameters, that these steps continue. */
  readonly from: readonly number[];
  /**
   * The steps of the derivation; the last one is the gradient. The list is empty if the gradient is an
   * earlier step. `from` then contains the number of that step.
   */
  readonly steps: readonly Step[];
}

export interface GradientDerivations {
  readonly forward: readonly Group[];
  readonly derivations: readonly Derived[];
}

/**
 * Returns the derivation for every trainable parameter on which the loss depends, or only for the requested
 * one.
 */
export function gradientDerivations({ compilation, of }: Subject): GradientDerivations {
  const graph = compilation.rematerialised.find(({ name }) => name === "gradient");
  invariant(graph !== undefined, "no program computes gradients");
  const formulas = graphFormulas(graph);
  const ruleOf = ruleUses(formulas, (node) => `gradient/${formulas.nameOf(node)}`, generalRules());
  const rewritesOf = rewriteUses();
  const valueOf = (node: Node): Value => ({
    name: formulas.nameOf(node),
    symbol: formulas.symbolOf(node),
    formula: formulas.formulaOf(node),
    type: typeText(node.type),
    layer: node.origin.layer,
    derivation: ruleOf(node),
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

  const numbers = new Map<Node, number>();
  const derivations = graph.outputs.flatMap(({ storage, node: gradient }): Derived[] => {
    const parameter = nameIn("gradient", storage);
    if (parameter === undefined || (of !== undefined && parameter !== of)) return [];
    if (numbers.has(gradient)) return [{ parameter, from: [numbers.get(gradient) ?? 0], steps: [] }];
    const fresh = stepsTo(gradient, formulas).filter((node) => !numbers.has(node));
    const reads = fresh.map(readBy);
    const from = new Set(reads.flatMap(({ named }) => named.flatMap((node) => numbers.get(node) ?? [])));
    const steps = fresh.map((node, i): Step => {
      const number = numbers.size + 1;
      numbers.set(node, number);
      return { ...valueOf(node), number, through: reads[i].through.map(valueOf) };
    });
    return [{ parameter, from: [...from].sort((a, b) => a - b), steps }];
  });

  const isForward = (node: Node): boolean =>
    node.origin.forward === undefined &&
    formulas.isNamed(node) &&
    !hasTrait(node, "leaf") &&
    !numbers.has(node);
  return { forward: groupsOf(formulas.nodes.filter(isForward).map(valueOf)), derivations };
}

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

// The derivation of each gradient: the backward values on which it depends, starting from the loss.

/**
 * Returns a derivation for every trainable parameter on which the loss depends. Its last step is the
 * gradient.
 */
export function explainGradients({ compilation }: Pick<Subject, "compilation">): Derivation[] {
  const graph = compilation.rematerialised.find(({ name }) => name === "gradient");
  invariant(graph !== undefined, "no program computes gradients");
  const formulas = graphFormulas(graph);
  return compilation.built.parameters
    .filter(({ trainable }) => trainable)
    .flatMap(({ name }): Derivation[] => {
      const output = graph.outputs.find(({ storage }) => storage === gradientStorage(name));
      if (output === undefined) return [];
      const steps = stepsTo(output.node, formulas).map((node) => `gradient/${formulas.nameOf(node)}`);
      return [{ parameter: name, steps }];
    });
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
