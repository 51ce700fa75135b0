/** Reductions along axes (sums, extremes, norms, positions of extremes), running sums, and softmax. */
import type { GraphBuilder } from "../../../ir/builder.ts";
import type { Node } from "../../../ir/nodes.ts";
import type { Shape } from "../../../ir/types.ts";
import { alongAxes, axisOf, computed, pointwise, required, staticSize } from "../operator.ts";
import type { Inputs, Operator, OperatorContext, Operators } from "../operator.ts";
import { isKnown, known, shapeOf } from "../values.ts";
import { axesOf, listOf, reversed } from "./views.ts";

/**
 * Returns the reduced axes. They are an attribute or the second input. Without either, all axes are reduced, or none if
 * the node has `noop_with_empty_axes`.
 */
function reducedAxes(context: OperatorContext, inputs: Inputs, rank: number): readonly number[] {
  const given = listOf(context, inputs, { name: "axes", index: 1 });
  if (given !== undefined && given.length > 0) return axesOf(context, given, rank);
  if (context.integer("noop_with_empty_axes", 0) !== 0) return [];
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** Refuses integers, for reductions whose result would not be an integer. */
const ofReals =
  (reduce: Reduce): Reduce =>
  (context, x, axes) =>
    x.type.element === "i32"
      ? context.refuse("reduces integers, which is not supported")
      : reduce(context, x, axes);

/** Reduces booleans as the numbers 0 and 1. */
const overBooleans =
  (reduce: Reduce): Reduce =>
  (context, x, axes) => {
    const { g } = context;
    if (x.type.element !== "bool") return reduce(context, x, axes);
    return g.equal(1, reduce(context, g.cast(x, { element: "i32" }), axes));
  };

type Reduce = (context: OperatorContext, x: Node, axes: readonly number[]) => Node;

const keepsAxes = (context: OperatorContext): boolean => context.integer("keepdims", 1) !== 0;

/** The shape in which the reduced axes have size 1. */
const keptShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((size, axis) => (axes.includes(axis) ? 1 : size));

/** A reduction along constant axes. If the input is known, the result is computed during the import. */
const reduction = (reduce: Reduce): Operator =>
  alongAxes({
    build: (context, inputs) => {
      const rank = shapeOf(required(context, inputs, 0)).length;
      const axes = reducedAxes(context, inputs, rank);
      return computed((inner, [x]) => {
        if (x === undefined) return inner.refuse("has no input");
        const value = reduce(inner, x, axes);
        return keepsAxes(inner) ? inner.g.reshape(value, { shape: keptShape(x.type.shape, axes) }) : value;
      }).build(context, [inputs[0]]);
    },
  });

const sum = (g: GraphBuilder, x: Node, axes: readonly number[]): Node =>
  axes.length === 0 ? x : g.reduceSum(x, { axes });

const largest = (g: GraphBuilder, x: Node, axes: readonly number[]): Node =>
  axes.length === 0 ? x : g.reduceMax(x, { axes });

/** The number of elements along the axes, which may include the batch axis. */
export function countAlong(g: GraphBuilder, shape: Shape, axes: readonly number[]): Node | number {
  const count = axes.reduce((product, axis) => product * (shape[axis] === "n" ? 1 : Number(shape[axis])), 1);
  return axes.some((axis) => shape[axis] === "n")
    ? g.multiply(count, g.batchSize({ element: g.float }))
    : count;
}

export const meanAlong = (g: GraphBuilder, x: Node, axes: readonly number[]): Node =>
  axes.length === 0 ? x : g.divide(g.reduceSum(x, { axes }), countAlong(g, x.type.shape, axes));

const square = (g: GraphBuilder, x: Node): Node => g.multiply(x, x);

/** The logarithm of a sum of exponentials, m + log Σ exp(x − m), where m is the maximum. */
function logSumExp(g: GraphBuilder, x: Node, axes: readonly number[]): Node {
  if (axes.length === 0) return x;
  const maximum = g.stopGradient(g.reduceMax(x, { axes }));
  const shifted = g.subtract(x, g.repeatAlong(maximum, axes, x.type.shape));
  return g.add(maximum, g.log(g.reduceSum(g.exp(shifted), { axes })));
}

/** The product along axes. Graphs have no such reduction, so slices are multiplied. */
const product: Operator = {
  build: (context, inputs) => {
    const x = required(context, inputs, 0);
    const axes = reducedAxes(context, inputs, shapeOf(x).length);
    const multiply = pointwise({
      build: ({ g }, a, b) => g.multiply(a, b),
      numbers: () => (a, b) => a * b,
      symbolic: (a, b) => (a === 1 ? b : b === 1 ? a : undefined),
    });
    if (isKnown(x) && axes.length === x.shape.length) {
      const numbers = x.values.map((value) => known(x.element, [], [value]));
      const all = numbers.reduce(
        (a, b) => multiply.build(context, [a, b])[0] as typeof a,
        known(x.element, [], [1]),
      );
      return [keepsAxes(context) ? { ...all, shape: x.shape.map(() => 1) } : all];
    }
    const { g } = context;
    const node = context.node(x);
    if (node.type.shape.includes(0))
      return context.refuse("computes a product of zero elements, which is not supported");
    // Multiply the slices of one axis after the other.
    const value = [...axes].reverse().reduce<Node>((rest, axis) => {
      const { shape } = rest.type;
      const size = staticSize(context, shape[axis], "size of the reduced axis");
      const at = (i: number) =>
        g.reshape(
          g.slice(rest, { start: shape.map((_, k) => (k === axis ? i : 0)), shape: shape.with(axis, 1) }),
          {
            shape: shape.toSpliced(axis, 1),
          },
        );
      return Array.from({ length: size }, (_, i) => at(i)).reduce((a, b) => g.multiply(a, b));
    }, node);
    return [keepsAxes(context) ? g.reshape(value, { shape: keptShape(node.type.shape, axes) }) : value];
  },
};

/**
 * The position of the largest element. If several elements are equal, it is the first of them, or the last with
 * `select_last_index`.
 */
const position = (sign: 1 | -1): Operator =>
  computed((context, [given]) => {
    if (given === undefined) return context.refuse("has no input");
    const { g } = context;
    const x = sign === 1 ? given : g.subtract(0, given);
    const axis = axisOf(context, context.integer("axis", 0), x.type.shape.length);
    const isLast = context.integer("select_last_index", 0) !== 0;
    const found = g.argMax(isLast ? reversed(context, x, axis) : x, { axes: [axis] });
    const last = isLast ? staticSize(context, x.type.shape[axis], "size of the axis") - 1 : 0;
    const index = isLast ? g.subtract(last, found) : found;
    return keepsAxes(context) ? g.reshape(index, { shape: keptShape(x.type.shape, [axis]) }) : index;
  });

/** Running sums along an axis, computed as a product with a triangular matrix of ones. */
const cumulativeSum: Operator = {
  build: (context, inputs) => {
    const [axisGiven] = context.list(required(context, inputs, 1), "axis");
    return computed((inner, [x]) => {
      if (x === undefined) return inner.refuse("has no input");
      const { g } = inner;
      const { shape } = x.type;
      const axis = axisOf(inner, Number(axisGiven), shape.length);
      const size = staticSize(inner, shape[axis], "size of the axis");
      const [from, to] = [0, 1].map((k) => g.iota({ shape: [size, size], axis: k }));
      const [early, late] = inner.integer("reverse", 0) !== 0 ? [to, from] : [from, to];
      const isAdded = inner.integer("exclusive", 0) !== 0 ? g.less(early, late) : g.lessEqual(early, late);
      const triangle = g.cast(isAdded, { element: x.type.element });
      const sums = g.contract(x, triangle, { batchX: [], batchY: [], sumX: [axis], sumY: [0] });
      const rank = shape.length;
      const permutation = Array.from({ length: rank }, (_, i) =>
        i < axis ? i : i === axis ? rank - 1 : i - 1,
      );
      return g.transpose(sums, { permutation });
    }).build(context, [inputs[0]]);
  },
};

/**
 * Builds a function along one axis, as defined since opset 13. In earlier versions, all axes from `axis` on are treated
 * as one axis.
 */
function alongLast(
  context: OperatorContext,
  x: Node,
  build: (g: GraphBuilder, x: Node, axes: readonly number[]) => Node,
) {
  const rank = x.type.shape.length;
  const axis = axisOf(context, context.integer("axis", context.opset < 13 ? 1 : -1), rank);
  const axes = context.opset < 13 ? Array.from({ length: rank - axis }, (_, i) => axis + i) : [axis];
  return build(context.g, x, axes);
}

/** exp(x − m) and its sum along the axes. m is the maximum; it has no effect on the final result. */
function exponentials(g: GraphBuilder, x: Node, axes: readonly number[]) {
  const maximum = g.stopGradient(g.reduceMax(x, { axes }));
  const shifted = g.subtract(x, g.repeatAlong(maximum, axes, x.type.shape));
  const powers = g.exp(shifted);
  return { shifted, powers, total: g.reduceSum(powers, { axes }) };
}

export function softmaxAlong(g: GraphBuilder, x: Node, axes: readonly number[]): Node {
  const { powers, total } = exponentials(g, x, axes);
  return g.divide(powers, g.repeatAlong(total, axes, x.type.shape));
}

export function logSoftmaxAlong(g: GraphBuilder, x: Node, axes: readonly number[]): Node {
  const { shifted, total } = exponentials(g, x, axes);
  return g.subtract(shifted, g.repeatAlong(g.log(total), axes, x.type.shape));
}

/**
 * 1 at the first position of the maximum along the axes, and 0 elsewhere. The axes are a single axis, or all axes from
 * one on.
 */
function hardmax(g: GraphBuilder, x: Node, axes: readonly number[]): Node {
  const { shape } = x.type;
  if (axes.length > 1) {
    const size = axes.reduce((product, axis) => product * Number(shape[axis]), 1);
    const rows = g.reshape(x, { shape: [...shape.slice(0, axes[0]), size] });
    return g.reshape(hardmax(g, rows, [axes[0]]), { shape });
  }
  const [axis] = axes;
  const first = g.repeatAlong(g.argMax(x, { axes }), axes, shape);
  return g.cast(g.equal(g.iota({ shape, axis }), first), { element: x.type.element });
}

const normalising = (build: (g: GraphBuilder, x: Node, axes: readonly number[]) => Node): Operator =>
  alongAxes(
    computed((context, [x]) =>
      x === undefined ? context.refuse("has no input") : alongLast(context, x, build),
    ),
  );

export const reductionOperators: Operators = {
  ReduceSum: reduction(({ g }, x, axes) => sum(g, x, axes)),
  ReduceMean: reduction(ofReals(({ g }, x, axes) => meanAlong(g, x, axes))),
  ReduceMax: reduction(overBooleans(({ g }, x, axes) => largest(g, x, axes))),
  ReduceMin: reduction(overBooleans(({ g }, x, axes) => g.subtract(0, largest(g, g.subtract(0, x), axes)))),
  ReduceProd: product,
  ReduceL1: reduction(ofReals(({ g }, x, axes) => sum(g, g.absolute(x), axes))),
  ReduceL2: reduction(ofReals(({ g }, x, axes) => g.sqrt(sum(g, square(g, x), axes)))),
  ReduceSumSquare: reduction(({ g }, x, axes) => sum(g, square(g, x), axes)),
  ReduceLogSum: reduction(ofReals(({ g }, x, axes) => g.log(sum(g, x, axes)))),
  ReduceLogSumExp: reduction(ofReals(({ g }, x, axes) => logSumExp(g, x, axes))),
  ArgMax: position(1),
  ArgMin: position(-1),
  CumSum: cumulativeSum,
  Softmax: normalising(softmaxAlong),
  LogSoftmax: normalising(logSoftmaxAlong),
  Hardmax: normalising(hardmax),
};
