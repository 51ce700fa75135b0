/**
 * Purpose   Let several reductions of one value share a loop. For example, a pooling layer computes the
 *           maximum, and its gradient needs the position of that maximum.
 * Requires  nests in program order.
 * Ensures   the same nests, each after those that it reads. Reductions of the same operand along the same
 *           axes are next to each other.
 * Example   m = max x ; y = m · w ; p = argmax x   =>   m = max x ; p = argmax x ; y = m · w
 */
import { defineStage } from "../stages/define.ts";
import { mapLists, nestsOfLoops } from "./nests.ts";
import type { Nest, Nests } from "./nests.ts";
import type { Node } from "../ir/nodes.ts";

function grouped(nests: readonly Nest[]): readonly Nest[] {
  const groups = new Map<Node, Map<string, Nest[]>>();
  const result: Nest[][] = [];
  for (const nest of nests) {
    const group = [nest];
    if (nest.reduces === undefined) {
      result.push(group);
      continue;
    }
    const { x, axes } = nest.reduces;
    const ofOperand = groups.get(x) ?? new Map<string, Nest[]>();
    const known = ofOperand.get(axes);
    if (known !== undefined) known.push(nest);
    else {
      result.push(group);
      groups.set(x, ofOperand.set(axes, group));
    }
  }
  return result.length === nests.length ? nests : result.flat();
}

export const groupReductions = defineStage("group-reductions", nestsOfLoops, {
  each: (given: Nests): Nests => {
    const nests = mapLists(given.nests, grouped);
    return nests === given.nests ? given : { ...given, nests };
  },
});
