/**
 * Explains each backward node: the forward node from which it was derived, and the general form of the rule.
 */
import { collectNodes, derivationsOf, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node, Rewrite } from "../../compiler/ir/nodes.ts";
import { named } from "../../compiler/notation/formula.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { nodeFormula } from "../../compiler/notation/node-formula.ts";
import { equationNotation, notationOf } from "../../compiler/notation/notation.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import { rules } from "../../compiler/passes/simplify.ts";
import type { NodeId, RewriteUse, RuleUse } from "../explanation.ts";
import type { generalRules } from "./general-rule.ts";
import type { GraphFormulas } from "./graph-formulas.ts";

// Finds the current version of each node that was differentiated. Passes replace nodes without recording the
// replacement. The current version is the same node if it still exists, otherwise a node that applies the
// same op to equal operands, otherwise a node with the same name.

/**
 * Returns a function that maps a node of `forward` to the node in `nodes` (operands first) that replaced it.
 */
function forwardImages(nodes: readonly Node[], forward: readonly Node[]): (node: Node) => Node | undefined {
  const present = new Set(nodes);
  const keys = valueKeys();
  const byKey = new Map<number, Node>();
  for (const node of nodes) byKey.set(keys(node), node);
  const byName = new Map(
    nodes.flatMap((node): [string, Node][] =>
      node.name === undefined || node.origin.forward !== undefined ? [] : [[node.name, node]],
    ),
  );
  for (const node of collectNodes(forward.map((each, i) => ({ storage: String(i), node: each })))) keys(node);
  return (node) => {
    if (present.has(node)) return node;
    return byKey.get(keys(node)) ?? (node.name === undefined ? undefined : byName.get(node.name));
  };
}

/**
 * Returns a function that assigns a number to each value; provably equal values have the same number. Call it
 * for operands before their users.
 */
function valueKeys(): (node: Node) => number {
  const numbers = new Map<string, number>();
  const known = new Map<Node, number>();
  const identities = new Map<object, number>();
  const identity = (x: object): number => {
    const number = identities.get(x) ?? identities.size;
    identities.set(x, number);
    return number;
  };
  const textOf = (node: Node): string => {
    if (node.op === "argument") return `argument ${identity(node)}`;
    if (node.op === "scan")
      return `scan ${identity(node.attributes.recurrence)} ${identity(node.attributes.value)}`;
    const operands = operandsOf(node).map(keyOf);
    if (hasTrait(node, "commutative")) operands.sort((a, b) => a - b);
    return `${node.op} ${operands.join()} ${JSON.stringify(node.attributes)}`;
  };
  const keyOf = (node: Node): number => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const number = node.op === "stopGradient" ? keyOf(node.operands.x) : numberOf(textOf(node));
    known.set(node, number);
    return number;
  };
  const numberOf = (text: string): number => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  return keyOf;
}

// The rules of a backward node: their names, their general forms, and the forward values to which they apply.

/**
 * Returns a function that finds the rules of a backward node of one graph: the rule that derived it, and those of the
 * nodes that rewrites combined with it.
 */
export function ruleUses(
  formulas: GraphFormulas,
  idOf: (node: Node) => NodeId,
  generalRule: ReturnType<typeof generalRules>,
): (node: Node) => RuleUse[] {
  const derivations = formulas.nodes.flatMap(derivationsOf);
  const forwards = [...new Set(derivations.map(({ forward }) => forward))];
  const imageOf = forwardImages(formulas.nodes, forwards);
  const asOutputs = forwards.map((node, i) => ({ storage: String(i), node }));
  const positions = new Map(collectNodes(asOutputs).map((node, i) => [node, i]));
  /** The name of an operand of a forward node. If a pass has removed the operand, its former name is used. */
  const nameOf = (node: Node): Formula | undefined => {
    const image = imageOf(node);
    if (image !== undefined) return formulas.displayName(image);
    return node.name === undefined ? undefined : named(node.name, node.origin.layer);
  };
  const uses = new Map<Node, Omit<RuleUse, "rule">>();
  const useOf = (forward: Node) => {
    const known = uses.get(forward);
    if (known !== undefined) return known;
    const name = nameOf(forward);
    const formula = forwardFormula(forward, nameOf);
    const image = imageOf(forward);
    const use = {
      general: generalRule(forward),
      forward: notationOf(name === undefined ? formula : { kind: "equation", x: name, y: formula }),
      forwardNode: image && idOf(image),
      layer: forward.origin.layer,
      position: positions.get(forward) ?? 0,
    };
    uses.set(forward, use);
    return use;
  };
  return (node) => derivationsOf(node).map(({ forward, rule }) => ({ rule, ...useOf(forward) }));
}

function forwardFormula(forward: Node, nameOf: (node: Node) => Formula | undefined): Formula {
  if (forward.op !== "scan") return nodeFormula(forward, nameOf);
  return { kind: "row", parts: [`${forward.attributes.recurrence.length} steps of a recurrence`] };
}

// The rewrites of a node, with the equations of their rules.

/** The equations of passes that have a single rule and no rule table. */
const ofPasses: Readonly<Record<string, string>> = {
  "fold-constants": "f of constants = its value",
};

/**
 * Returns a function that pairs each rewrite with the equation of its rule. Every equation is parsed only
 * once.
 */
export function rewriteUses(): (rewrites: readonly Rewrite[]) => RewriteUse[] {
  const texts = new Map([
    ...Object.entries(ofPasses),
    ...rules.map(({ name, equation }) => [name, equation] as const),
  ]);
  const equations = new Map([...texts].map(([name, text]) => [name, equationNotation(text)]));
  return (rewrites) =>
    rewrites.flatMap(({ rule, pass }) => {
      const equation = equations.get(rule);
      return equation === undefined ? [] : [{ rule, pass, equation }];
    });
}
