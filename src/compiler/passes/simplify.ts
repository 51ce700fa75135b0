/**
 * Purpose   Apply the named rewrite rules until none applies.
 * Requires  a verified graph.
 * Ensures   the same values, bit for bit if `exact` omits the `fast` rules. Each node records the rules that
 *           produced it.
 * Example   %a = multiply %x, 1 ; %b = add %a, 0   =>   %x
 */
import { rewriteGraph } from "../ir/builder.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node, OpName } from "../ir/nodes.ts";
import { definePass } from "./define.ts";
import type { PassOptions } from "./define.ts";
import { arithmeticRules } from "./rules/arithmetic.ts";
import { choiceRules } from "./rules/choices.ts";
import { contractionRules } from "./rules/contractions.ts";
import type { Rule } from "./rules/define.ts";
import { combinedOrigin } from "./rules/pattern.ts";
import { quotientRules } from "./rules/quotients.ts";
import { softmaxRules } from "./rules/softmax.ts";
import { sumRules } from "./rules/sums.ts";
import { viewRules } from "./rules/views.ts";
import { windowRules } from "./rules/windows.ts";

export const rules: readonly Rule[] = [
  ...arithmeticRules,
  ...choiceRules,
  ...viewRules,
  ...sumRules,
  ...contractionRules,
  ...windowRules,
  ...quotientRules,
  ...softmaxRules,
];

const pass = "simplify";

/**
 * The maximum number of rounds. A round rewrites the whole graph bottom-up. No known chain of rules needs
 * more rounds.
 */
const rounds = 8;

/**
 * Applies rules until no rule applies. `settled` contains the nodes to which no rule applies; the function
 * adds new ones.
 */
function applyRules(
  node: Node,
  g: GraphBuilder,
  active: ReadonlyMap<OpName, readonly Rule[]>,
  settled: Set<Node>,
  applied: PassOptions["applied"],
): Node {
  let current = node;
  for (let tries = 0; tries < 20 && !settled.has(current); tries++) {
    const before = current;
    for (const rule of active.get(before.op) ?? []) {
      const rewrite = { rule: rule.name, pass };
      const origin = { ...before.origin, rewrites: [...(before.origin.rewrites ?? []), rewrite] };
      const after = g.within(origin, () => rule.apply(before, g));
      if (after === undefined || after === before) continue;
      current = after.origin.rewrites?.at(-1) === rewrite ? inPlaceOf(before, after, g) : after;
      applied?.({ rule: rule.name, before, after: current });
      break;
    }
    if (current === before) settled.add(current);
  }
  return current;
}

/**
 * The result of a rewrite, with the name of the node that it replaces, and the derivations and rewrites of the whole
 * pattern.
 */
function inPlaceOf(before: Node, after: Node, g: GraphBuilder): Node {
  const whole = { ...after, origin: { ...after.origin, ...combinedOrigin(before, after) } };
  return before.name !== undefined && after.name === undefined ? g.named(before.name, whole) : whole;
}

/** The rules that can replace a node of each op, in the order of the list. */
function rulesByRoot(list: readonly Rule[]): Map<OpName, Rule[]> {
  const byRoot = new Map<OpName, Rule[]>();
  for (const rule of list) for (const op of rule.roots) byRoot.set(op, [...(byRoot.get(op) ?? []), rule]);
  return byRoot;
}

export const simplify = definePass(pass, (graph, g, { exact, applied }) => {
  const active = rulesByRoot(exact ? rules.filter((rule) => rule.fast === undefined) : rules);
  const settled = new Set<Node>();
  let current = graph;
  for (let round = 0; round < rounds; round++) {
    const next = rewriteGraph(current, g, (node) => applyRules(node, g, active, settled, applied));
    if (next === current) return current;
    current = next;
  }
  return current;
});
