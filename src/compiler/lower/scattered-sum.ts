/** Products whose results are only added up somewhere else: fold (a · b), scatter-add (a · b). */
import { operandsOf } from "../ir/nodes.ts";
import type { Axes, Node } from "../ir/nodes.ts";
import { hasTrait, loweringOf } from "../ops/index.ts";

export interface ScatteredSum {
  readonly contraction: Node;
  /** Axis i of what is scattered is this axis of the contraction. */
  readonly permutation: Axes;
}

/** The contraction whose results `node` scatters, however its axes are arranged. */
export function scatteredSum(node: Node): ScatteredSum | undefined {
  if (loweringOf(node).kind !== "scatter") return undefined;
  let [x] = operandsOf(node);
  let permutation: Axes = x.type.shape.map((_, axis) => axis);
  while (x.op === "transpose") {
    const from = x.attributes.permutation;
    permutation = permutation.map((axis) => from[axis]);
    x = x.operands.x;
  }
  return hasTrait(x, "contraction") ? { contraction: x, permutation } : undefined;
}
