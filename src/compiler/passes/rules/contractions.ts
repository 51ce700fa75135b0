/** Rules that let a product read its operands in memory order, so that transposes need no copy. */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Axes, ContractAxes, Node, NodeOf } from "../../ir/nodes.ts";
import { defineRule, is } from "./define.ts";

const isIdentity = (permutation: Axes): boolean => permutation.every((from, to) => from === to);

/** Converts axes of a transposed operand to axes of the operand before the transpose. */
const renumbered = (axes: Axes, permutation: Axes): Axes => axes.map((axis) => permutation[axis]);

/**
 * Whether the free axes keep their order. If they do not, skipping the transpose would reorder the result.
 */
const keepsFreeOrder = (permutation: Axes, ...taken: readonly Axes[]): boolean => {
  const free = permutation.filter((_, axis) => !taken.some((axes) => axes.includes(axis)));
  return free.every((axis, i) => i === 0 || free[i - 1] < axis);
};

/**
 * If a transpose only swaps the free axes of the two operands of a contraction, swaps the operands instead.
 */
function swapped(node: NodeOf<"transpose">, g: GraphBuilder): Node | undefined {
  if (!is(node.operands.x, "contract")) return undefined;
  const { operands, attributes } = node.operands.x;
  const batch = attributes.batchX.length;
  const freeX = operands.x.type.shape.length - batch - attributes.sumX.length;
  const rank = node.type.shape.length;
  const expected = [...Array(rank).keys()].map((axis) =>
    axis < batch ? axis : axis < rank - freeX ? axis + freeX : axis - (rank - batch - freeX),
  );
  if (!node.attributes.permutation.every((axis, i) => axis === expected[i])) return undefined;
  const axes: ContractAxes = {
    batchX: attributes.batchY,
    batchY: attributes.batchX,
    sumX: attributes.sumY,
    sumY: attributes.sumX,
  };
  return g.contract(operands.y, operands.x, axes);
}

/**
 * Transposes the operands of a contraction instead of its result. No copy is then needed, because a
 * contraction reads transposed operands directly. This is possible if the transpose moves batch axes only
 * among batch axes, free axes of x among those of x, and free axes of y among those of y.
 */
function arrangedOperands(node: NodeOf<"transpose">, g: GraphBuilder): Node | undefined {
  if (!is(node.operands.x, "contract")) return undefined;
  const { operands, attributes } = node.operands.x;
  const { permutation } = node.attributes;
  const batch = attributes.batchX.length;
  const freeX = operands.x.type.shape.length - batch - attributes.sumX.length;
  const groupOf = (axis: number): number => (axis < batch ? 0 : axis < batch + freeX ? 1 : 2);
  if (isIdentity(permutation) || !permutation.every((from, to) => groupOf(from) === groupOf(to)))
    return undefined;
  const [ofBatch, ofX, ofY] = [0, 1, 2].map((group) => permutation.filter((from) => groupOf(from) === group));
  const x = withFreeAxes(
    operands.x,
    [attributes.batchX, attributes.sumX],
    ofX.map((from) => from - batch),
    g,
  );
  const y = withFreeAxes(
    operands.y,
    [attributes.batchY, attributes.sumY],
    ofY.map((from) => from - batch - freeX),
    g,
  );
  const arranged = (axes: Axes) => ofBatch.map((from) => axes[from]);
  return g.contract(x, y, {
    ...attributes,
    batchX: arranged(attributes.batchX),
    batchY: arranged(attributes.batchY),
  });
}

/** The operand with its free axes permuted among themselves. Batch and summed axes do not move. */
function withFreeAxes(x: Node, taken: readonly Axes[], order: readonly number[], g: GraphBuilder): Node {
  const free = x.type.shape.flatMap((_, axis) => (taken.some((axes) => axes.includes(axis)) ? [] : [axis]));
  const permutation = x.type.shape.map((_, axis) => {
    const place = free.indexOf(axis);
    return place < 0 ? axis : free[order[place]];
  });
  return isIdentity(permutation) ? x : g.transpose(x, { permutation });
}

export const contractionRules = [
  defineRule({
    name: "contract-transposed",
    equation: "contract (transpose x), y = contract x, y over the axes before the transpose",
    root: "contract",
    apply: (node, g) => {
      const { x, y } = node.operands;
      const axes = node.attributes;
      if (is(x, "transpose") && keepsFreeOrder(x.attributes.permutation, axes.batchX, axes.sumX)) {
        const from = x.attributes.permutation;
        return g.contract(x.operands.x, y, {
          ...axes,
          batchX: renumbered(axes.batchX, from),
          sumX: renumbered(axes.sumX, from),
        });
      }
      if (is(y, "transpose") && keepsFreeOrder(y.attributes.permutation, axes.batchY, axes.sumY)) {
        const from = y.attributes.permutation;
        return g.contract(x, y.operands.x, {
          ...axes,
          batchY: renumbered(axes.batchY, from),
          sumY: renumbered(axes.sumY, from),
        });
      }
      return undefined;
    },
  }),
  defineRule({
    name: "transpose-contraction",
    equation: "(x · y)ᵀ = yᵀ · xᵀ",
    root: "transpose",
    apply: swapped,
  }),
  defineRule({
    name: "transpose-operands",
    equation: "(x · y)^p = x^q · y^r, where p permutes the axes of x and those of y separately",
    root: "transpose",
    apply: arrangedOperands,
  }),
];
