/**
 * Sums a value of a recurrence's step over time, outside of the loop. Σ_t x_tᵀ · y_t becomes one contraction
 * of the stacks of x and y over rows and time together, and a sum over rows becomes a sum over rows and time.
 * The gradient of a weight that every step reads thus becomes one large product, and no array of the weight's
 * size is carried from step to step.
 */
import { withOperands } from "../../ir/builder.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import { collectNodes, operandsOf } from "../../ir/nodes.ts";
import type { Axes, Node, Recurrence } from "../../ir/nodes.ts";
import { scanOf, timeAxisOf, varyingNodes } from "../../ir/recurrence.ts";
import type { Reverse } from "../define.ts";

/** `given` lists the nodes outside the loop that are the operands of the recurrence. */
export function sumOverTime(
  node: Node,
  recurrence: Recurrence,
  given: readonly Node[],
  g: GraphBuilder,
  hasTrait: Reverse["hasTrait"],
): Node {
  const { operands, length } = recurrence;
  const varying = varyingNodes(collectNodes([{ storage: "sum", node }]), operands);
  const operandIndex = (argument: Node) => operands.findIndex((operand) => operand.argument === argument);

  /** The node outside the loop that computes x, which is the same at every step. */
  const outside = (x: Node): Node => {
    if (x.op === "argument") return given[operandIndex(x)];
    const parts = operandsOf(x);
    return parts.length === 0 ? x : withOperands(g, x, parts.map(outside));
  };
  const stacked = (x: Node): Node => {
    const i = x.op === "argument" ? operandIndex(x) : -1;
    return i >= 0 && operands[i].role === "each" ? given[i] : scanOf(g, recurrence, x, given);
  };
  const sum = (x: Node): Node => {
    if (!varying.has(x)) return g.multiply(length, outside(x));
    if (x.op === "reduceSum") {
      const { x: summed } = x.operands;
      return g.reduceSum(stacked(summed), { axes: withTime(summed, x.attributes.axes) });
    }
    if (x.op === "contract") {
      const { x: left, y: right } = x.operands;
      if (!varying.has(left)) return g.contract(outside(left), sum(right), x.attributes);
      if (!varying.has(right)) return g.contract(sum(left), outside(right), x.attributes);
      const { batchX, batchY, sumX, sumY } = x.attributes;
      return g.contract(stacked(left), stacked(right), {
        batchX: stackedAxes(left, batchX),
        batchY: stackedAxes(right, batchY),
        sumX: withTime(left, sumX),
        sumY: withTime(right, sumY),
      });
    }
    if (hasTrait(x, "linear")) return withOperands(g, x, operandsOf(x).map(sum));
    return g.reduceSum(stacked(x), { axes: [timeAxisOf(x.type.shape)] });
  };
  return sum(node);
}

/** Converts axes of one step to axes of the stack. */
const stackedAxes = ({ type: { shape } }: Node, axes: Axes): Axes =>
  axes.map((axis) => (axis >= timeAxisOf(shape) ? axis + 1 : axis));

const withTime = (step: Node, axes: Axes): Axes => [...stackedAxes(step, axes), timeAxisOf(step.type.shape)];
