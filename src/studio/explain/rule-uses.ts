/**
 * How a node of the backward part was derived: the rule, what it says in general, and the forward value that
 * it was applied to.
 */
import type { Node, Rewrite } from "../../compiler/ir/nodes.ts";
import { named } from "../../compiler/notation/formula.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { nodeFormula } from "../../compiler/notation/node-formula.ts";
import { equationNotation, notationOf } from "../../compiler/notation/notation.ts";
import { rules } from "../../compiler/passes/simplify.ts";
import type { NodeId, RewriteUse, RuleUse } from "../explanation.ts";
import { forwardImages } from "./forward-images.ts";
import type { generalRules } from "./general-rule.ts";
import type { Spelling } from "./spelling.ts";

/** Of the nodes of one graph. */
export function ruleUses(
  spelling: Spelling,
  idOf: (node: Node) => NodeId,
  generalRule: ReturnType<typeof generalRules>,
): (node: Node) => RuleUse | undefined {
  const forwards = [...new Set(spelling.nodes.flatMap(({ origin }) => origin.forward ?? []))];
  const imageOf = forwardImages(spelling.nodes, forwards);
  /** What a forward node read may be gone by now; then it goes by the name that it had. */
  const nameOf = (node: Node): Formula | undefined => {
    const image = imageOf(node);
    if (image !== undefined) return spelling.spoken(image);
    return node.name === undefined ? undefined : named(node.name, node.origin.layer);
  };
  const uses = new Map<Node, Pick<RuleUse, "general" | "forward" | "forwardNode">>();
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
    };
    uses.set(forward, use);
    return use;
  };
  return ({ origin: { forward, rule } }) =>
    forward === undefined || rule === undefined ? undefined : { rule, ...useOf(forward) };
}

function forwardFormula(forward: Node, nameOf: (node: Node) => Formula | undefined): Formula {
  if (forward.op !== "scan") return nodeFormula(forward, nameOf);
  return { kind: "row", parts: [`${forward.attributes.recurrence.length} steps of a recurrence`] };
}

// The rewrites of a node with the equations that their rules stand for.

/** Of passes that have one rule and no table of them. */
const ofPasses: Readonly<Record<string, string>> = {
  "fold-constants": "f of numbers = the number that it comes to",
};

/** Equations are read once for all nodes. */
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
