/**
 * How the gradients were derived, as a story that can be told in order: the values on the way to the loss,
 * layer by layer, and the steps back, each told once and under a number. Parameters come in the order in
 * which the backward part reaches them, so each begins where others have come before it, and all of them
 * together are as long as the backward part.
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
import { spellingOf, withSteps } from "./spelling.ts";
import type { Spelling } from "./spelling.ts";
import type { Subject } from "./subject.ts";

/** `symbol = formula`, and where that comes from. */
export interface Value {
  /** As in the emitted code. */
  readonly name: string;
  readonly symbol: Formula;
  readonly formula: Formula;
  readonly type: string;
  readonly layer: string | undefined;
  /** Of what was derived: by which rule, of which forward value. */
  readonly derivation: RuleUse | undefined;
  /** What made it what it is. */
  readonly rewrites: readonly RewriteUse[];
}

export interface Step extends Value {
  /** From 1, over all derivations. */
  readonly number: number;
  /** What was derived on the way and has no name: the formula writes it out. */
  readonly through: readonly Value[];
}

export interface Group {
  /** Undefined for the loss. */
  readonly layer: string | undefined;
  readonly values: readonly Value[];
}

export interface Derived {
  readonly parameter: string;
  /** Numbers of the steps that were told with another parameter and from which these go on. */
  readonly from: readonly number[];
  /** The last one is the gradient; none if it is a step that was told before, which `from` then has. */
  readonly steps: readonly Step[];
}

export interface GradientStory {
  readonly forward: readonly Group[];
  readonly derivations: readonly Derived[];
}

/** Of every trainable parameter on which the loss depends, or of the one asked for. */
export function gradientStory({ compilation, of }: Subject): GradientStory {
  const graph = compilation.lean.find(({ name }) => name === "gradient");
  invariant(graph !== undefined, "no program computes gradients");
  const spelling = spellingOf(graph);
  const ruleOf = ruleUses(spelling, (node) => `gradient/${spelling.nameOf(node)}`, generalRules());
  const rewritesOf = rewriteUses();
  const valueOf = (node: Node): Value => ({
    name: spelling.nameOf(node),
    symbol: spelling.symbolOf(node),
    formula: spelling.formulaOf(node),
    type: typeText(node.type),
    layer: node.origin.layer,
    derivation: ruleOf(node),
    rewrites: rewritesOf(node.origin.rewrites ?? []),
  });
  /**
   * What a formula reads: values with names, and on the way to them those without. Numbers are not among
   * these: equal ones are one node, so that theirs is the rule of whoever wrote that number first.
   */
  const readBy = (node: Node): { readonly named: Node[]; readonly through: Node[] } => {
    const parts = operandsOf(node).map((operand) => {
      if (spelling.isNamed(operand)) return { named: [operand], through: [] };
      const inner = readBy(operand);
      const isDerived = operand.origin.forward !== undefined && constantOf(operand) === undefined;
      return isDerived ? { ...inner, through: [...inner.through, operand] } : inner;
    });
    return {
      named: [...new Set(parts.flatMap(({ named }) => named))],
      through: [...new Set(parts.flatMap(({ through }) => through))],
    };
  };

  const told = new Map<Node, number>();
  const derivations = graph.outputs.flatMap(({ storage, node: gradient }): Derived[] => {
    const parameter = nameIn("gradient", storage);
    if (parameter === undefined || (of !== undefined && parameter !== of)) return [];
    if (told.has(gradient)) return [{ parameter, from: [told.get(gradient) ?? 0], steps: [] }];
    const fresh = stepsTo(gradient, spelling).filter((node) => !told.has(node));
    const reads = fresh.map(readBy);
    const from = new Set(reads.flatMap(({ named }) => named.flatMap((node) => told.get(node) ?? [])));
    const steps = fresh.map((node, i): Step => {
      const number = told.size + 1;
      told.set(node, number);
      return { ...valueOf(node), number, through: reads[i].through.map(valueOf) };
    });
    return [{ parameter, from: [...from].sort((a, b) => a - b), steps }];
  });

  const isForward = (node: Node): boolean =>
    node.origin.forward === undefined && spelling.isNamed(node) && !hasTrait(node, "leaf") && !told.has(node);
  return { forward: groupsOf(spelling.nodes.filter(isForward).map(valueOf)), derivations };
}

/**
 * Values of one layer next to one another, layers in the order of their first ones; what is of none comes
 * last, as the loss does.
 */
function groupsOf(values: readonly Value[]): Group[] {
  const layers = [...new Set(values.map(({ layer }) => layer))].filter((layer) => layer !== undefined);
  return [...layers, undefined]
    .map((layer) => ({ layer, values: values.filter((value) => value.layer === layer) }))
    .filter((group) => group.values.length > 0);
}

// The derivation of each gradient: the values of the backward part on which it depends, from the loss on.

/** Of every trainable parameter on which the loss depends; the gradient itself is the last step. */
export function explainGradients({ compilation }: Pick<Subject, "compilation">): Derivation[] {
  const graph = compilation.lean.find(({ name }) => name === "gradient");
  invariant(graph !== undefined, "no program computes gradients");
  const spelling = spellingOf(graph);
  return compilation.built.parameters
    .filter(({ trainable }) => trainable)
    .flatMap(({ name }): Derivation[] => {
      const output = graph.outputs.find(({ storage }) => storage === gradientStorage(name));
      if (output === undefined) return [];
      const steps = stepsTo(output.node, spelling).map((node) => `gradient/${spelling.nameOf(node)}`);
      return [{ parameter: name, steps }];
    });
}

/**
 * The values with names of the backward part on which the gradient depends; those of the steps of a
 * recurrence before the first value that they make. What such a step is given (a forward value, say) is read
 * and not derived, so it is none. The gradient itself always is one: it may have simplified to a forward
 * value.
 */
function stepsTo(gradient: Node, spelling: Spelling): Node[] {
  const isDerived = (node: Node): boolean =>
    node.origin.forward !== undefined && spelling.isNamed(node) && !hasTrait(node, "leaf");
  const nodes = withSteps(collectNodes([{ storage: "gradient", node: gradient }]));
  return nodes.filter((node) => node === gradient || isDerived(node));
}
