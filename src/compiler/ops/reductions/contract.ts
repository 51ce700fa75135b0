/**
 * The general product: z[batch, i, j] = Σ_k x[batch, i, k] · y[batch, j, k], where each of batch, i, j and k
 * is any number of axes. The result has the batch axes, the free axes of x and the free axes of y, each in
 * the order of the operand.
 *
 *     dx[batch, i, k] = Σ_j dz[batch, i, j] · y[batch, j, k]
 *     dy[batch, j, k] = Σ_i x[batch, i, k] · dz[batch, i, j]
 *
 * Both adjoints are contractions too. A transpose restores the operand's order of axes, so no transposed
 * matrix is ever copied.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Axes, ContractAxes, Node } from "../../ir/nodes.ts";
import { sameShape, tensorType, TypeRefusal } from "../../ir/types.ts";
import type { Dimension, Shape } from "../../ir/types.ts";
import { binary } from "../../loop/expressions.ts";
import { range } from "../../util/collections.ts";
import { defineOp, uniform } from "../define.ts";
import { checkAxes, sameOperands } from "../shape-rules.ts";
import { indicesOf, positionOf, tensorOf } from "../tensor.ts";

const freeAxes = (shape: Shape, ...taken: readonly Axes[]): number[] =>
  shape.flatMap((_, axis) => (taken.some((axes) => axes.includes(axis)) ? [] : [axis]));

/** Assembles an operand's index from parts: the axes of each part, and the indices along them. */
function operandIndex<T>(rank: number, parts: readonly (readonly [Axes, readonly T[]])[]): T[] {
  const index = new Array<T>(rank);
  for (const [axes, values] of parts) axes.forEach((axis, i) => (index[axis] = values[i]));
  return index;
}

function parts(xShape: Shape, yShape: Shape, axes: ContractAxes) {
  const freeX = freeAxes(xShape, axes.batchX, axes.sumX);
  const freeY = freeAxes(yShape, axes.batchY, axes.sumY);
  const batch = axes.batchX.length;
  /** The indices of x and y for result index `at` and summed index `along`. */
  const indices = <T>(at: readonly T[], along: readonly T[]): { x: T[]; y: T[] } => {
    const shared = at.slice(0, batch);
    const i = at.slice(batch, batch + freeX.length);
    const j = at.slice(batch + freeX.length);
    return {
      x: operandIndex(xShape.length, [
        [axes.batchX, shared],
        [freeX, i],
        [axes.sumX, along],
      ]),
      y: operandIndex(yShape.length, [
        [axes.batchY, shared],
        [freeY, j],
        [axes.sumY, along],
      ]),
    };
  };
  return { freeX, freeY, batch, indices };
}

/** The position of an axis in memory: its position before all transposes. */
const positionInMemory = (x: Node, axis: number): number =>
  x.op === "transpose" ? positionInMemory(x.operands.x, x.attributes.permutation[axis]) : axis;

/** Whether an axis is long enough for a register block. Offsets in the windows of a convolution rarely are. */
const fillsBlock = (size: Dimension): boolean => size === "n" || size >= 8;

/** An axis of an operand that the result keeps: its size, its position in memory, and the axis of the result. */
interface KeptAxis {
  readonly size: Dimension;
  readonly place: number;
  readonly result: number;
}

/** Of these axes, the most contiguous one in memory, among those that fill a register block if there are any. */
function innermost(operand: Node, kept: Axes, start: number): KeptAxis | undefined {
  const list = kept.map((axis, i) => ({
    size: operand.type.shape[axis],
    place: positionInMemory(operand, axis),
    result: start + i,
  }));
  const long = list.filter(({ size }) => fillsBlock(size));
  return (long.length > 0 ? long : list).toSorted((a, b) => b.place - a.place)[0];
}

/**
 * The result's axes in the order of loops. The two innermost loops run over a free axis of x and a free axis of y, so
 * that a register block of both reuses each element several times. If all free axes of y are short, as the filters of a
 * depthwise convolution, a contiguous batch axis takes their place: the channels.
 */
function blockingOrder({
  operands: { x, y },
  attributes: axes,
}: {
  readonly operands: { readonly x: Node; readonly y: Node };
  readonly attributes: ContractAxes;
}): Axes {
  const { freeX, freeY, batch } = parts(x.type.shape, y.type.shape, axes);
  const ofX = innermost(x, freeX, batch);
  const ofY = innermost(y, freeY, batch + freeX.length);
  const shared = innermost(x, axes.batchX, 0);
  const isLong = (axis: KeptAxis | undefined): axis is KeptAxis =>
    axis !== undefined && fillsBlock(axis.size);
  const isDepthwise = isLong(shared) && !isLong(ofY) && shared.place > (ofX?.place ?? -1);
  const inner = [ofX, isDepthwise ? shared : ofY]
    .filter((axis) => axis !== undefined)
    .map(({ result }) => result);
  const all = range(0, batch + freeX.length + freeY.length);
  return [...all.filter((axis) => !inner.includes(axis)), ...inner];
}

/** The transpose that moves axis i of `x` to axis positions[i]. */
function arrange(g: GraphBuilder, x: Node, positions: readonly number[]): Node {
  const permutation = positions.map((_, axis) => positions.indexOf(axis));
  return permutation.every((from, to) => from === to) ? x : g.transpose(x, { permutation });
}

export const contract = defineOp({
  name: "contract",
  traits: ["reduction", "contraction"],
  infer: ({ x, y }, axes) => {
    const { element } = sameOperands(tensorType(x.element, []), tensorType(y.element, []));
    checkAxes([...axes.batchX, ...axes.sumX], x.shape.length);
    checkAxes([...axes.batchY, ...axes.sumY], y.shape.length);
    const pick = (shape: Shape, list: Axes) => list.map((axis) => shape[axis]);
    if (!sameShape(pick(x.shape, axes.batchX), pick(y.shape, axes.batchY)))
      throw new TypeRefusal("batch axes differ");
    if (!sameShape(pick(x.shape, axes.sumX), pick(y.shape, axes.sumY)))
      throw new TypeRefusal(
        `the summed axes differ: [${pick(x.shape, axes.sumX).join()}] and [${pick(y.shape, axes.sumY).join()}]`,
      );
    const { freeX, freeY } = parts(x.shape, y.shape, axes);
    return tensorType(element, [
      ...pick(x.shape, axes.batchX),
      ...pick(x.shape, freeX),
      ...pick(y.shape, freeY),
    ]);
  },
  vjp: ({ operands: { x, y }, attributes: axes }, dz, g) => {
    const { freeX, freeY, batch } = parts(x.type.shape, y.type.shape, axes);
    const shared = range(0, batch);
    const axesI = range(batch, freeX.length);
    const axesJ = range(batch + freeX.length, freeY.length);
    // dz · y over j has the axes [batch, i, k…], with k in y's order; x · dz over i has [batch, k…, j], with
    // k in x's order. Swapping the operands swaps i and k, or k and j. The chosen order keeps the operand's
    // innermost axis innermost.
    const byAxis = (list: Axes, other: Axes) =>
      [...list.keys()].sort((a, b) => list[a] - list[b]).map((s) => other[s]);
    const kOfX = byAxis(axes.sumY, axes.sumX);
    const kOfY = byAxis(axes.sumX, axes.sumY);
    const dx = freeX.includes(x.type.shape.length - 1)
      ? arrange(g, g.contract(y, dz, { batchX: axes.batchY, batchY: shared, sumX: freeY, sumY: axesJ }), [
          ...axes.batchX,
          ...kOfX,
          ...freeX,
        ])
      : arrange(g, g.contract(dz, y, { batchX: shared, batchY: axes.batchY, sumX: axesJ, sumY: freeY }), [
          ...axes.batchX,
          ...freeX,
          ...kOfX,
        ]);
    const dy = axes.sumY.includes(y.type.shape.length - 1)
      ? arrange(g, g.contract(dz, x, { batchX: shared, batchY: axes.batchX, sumX: axesI, sumY: freeX }), [
          ...axes.batchY,
          ...freeY,
          ...kOfY,
        ])
      : arrange(g, g.contract(x, dz, { batchX: axes.batchX, batchY: shared, sumX: freeX, sumY: axesI }), [
          ...axes.batchY,
          ...kOfY,
          ...freeY,
        ]);
    return { x: dx, y: dy };
  },
  lower: {
    kind: "reduce",
    combine: "sum",
    order: blockingOrder,
    extents: ({ operands: { x }, attributes }) => attributes.sumX.map((axis) => x.type.shape[axis]),
    element: ({ operands, attributes }, at, along, read) => {
      const index = parts(operands.x.type.shape, operands.y.type.shape, attributes).indices(at, along);
      return binary("*", read.x(index.x), read.y(index.y));
    },
  },
  evaluate: ({ x, y }, { attributes }, shape) => {
    const { indices } = parts(x.shape, y.shape, attributes);
    const positions = (at: readonly number[], along: readonly number[]) => {
      const index = indices(at, along);
      return { x: positionOf(x.shape, index.x), y: positionOf(y.shape, index.y) };
    };
    // A position is a linear function of the index. The distances from the first term to the others are
    // therefore the same for each result.
    const [origin, first] = [shape.map(() => 0), attributes.sumX.map(() => 0)];
    const summed = attributes.sumX.map((axis) => x.shape[axis]);
    const distances = Array.from(indicesOf(summed), (along) => positions(origin, along));
    return tensorOf(shape, (at) => {
      const start = positions(at, first);
      return distances.reduce((sum, to) => sum + x.data[start.x + to.x] * y.data[start.y + to.y], 0);
    });
  },
  samples: [
    {
      operands: { x: uniform(["n", 4]), y: uniform([4, 2]) },
      attributes: { batchX: [], batchY: [], sumX: [1], sumY: [0] },
    },
    {
      operands: { x: uniform(["n", 4]), y: uniform(["n", 2]) },
      attributes: { batchX: [], batchY: [], sumX: [0], sumY: [0] },
    },
    {
      operands: { x: uniform(["n", 2, 3]), y: uniform([2, "n", 4]) },
      attributes: { batchX: [0], batchY: [1], sumX: [1], sumY: [0] },
    },
    {
      operands: { x: uniform([2, 5, 3]), y: uniform([3, 4, 2]) },
      attributes: { batchX: [], batchY: [], sumX: [0, 2], sumY: [2, 0] },
    },
    {
      operands: { x: uniform([2]), y: uniform([3]) },
      attributes: { batchX: [], batchY: [], sumX: [], sumY: [] },
    },
  ],
});
