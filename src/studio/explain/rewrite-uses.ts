/** The rewrites of a node with the equations that their rules stand for. */
import type { Rewrite } from "../../compiler/ir/nodes.ts";
import { rules } from "../../compiler/passes/simplify.ts";
import type { RewriteUse } from "../explanation.ts";
import { equationNotation } from "../../compiler/notation/equation-notation.ts";

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
