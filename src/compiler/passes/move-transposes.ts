/**
 * Purpose   Move transposes of products towards the outputs, so that layers compute in the order of axes in which the
 *           products before them are stored. The graph of a file with channels first then computes with channels last
 *           between its convolutions, forward and backward.
 * Requires  a verified graph, simplified: windows that do not overlap are transposes of reshapes.
 * Ensures   the same values, bit for bit: sums add their terms in the same order. The graph has fewer transposes than
 *           before, or it is unchanged. Inputs, parameters and outputs keep their order of axes.
 * Example   %a = contract %x, %w ; %b = transpose %a ; %c = relu %b ; %d = reduceSum %c {"axes":[2]}
 *           =>   %a = contract %x, %w ; %c = relu %a ; %d = reduceSum %c {"axes":[1]}
 */
import { withOperands } from "../ir/builder.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { makeGraph, operandsOf } from "../ir/nodes.ts";
import type { Axes, Graph, Node, NodeOf } from "../ir/nodes.ts";
import type { Dimension, Shape } from "../ir/types.ts";
import { hasTrait } from "../ops/index.ts";
import { range } from "../util/collections.ts";
import { definePass } from "./define.ts";
import { is } from "./rules/define.ts";

/** A value and how it is stored: axis i of the value is axis `order[i]` of `stored`. */
interface Arranged {
  readonly stored: Node;
  readonly order: Axes;
}

const isIdentity = (order: Axes): boolean => order.every((to, from) => to === from);
const isSame = (a: Axes, b: Axes): boolean => a.length === b.length && a.every((axis, i) => axis === b[i]);
const plainly = (stored: Node): Arranged => ({ stored, order: range(0, stored.type.shape.length) });

/** The list by axes of the value, as a list by axes of what is stored. */
function placed<T>(list: readonly T[], order: Axes): T[] {
  const result = new Array<T>(list.length);
  list.forEach((item, axis) => (result[order[axis]] = item));
  return result;
}

/** The rank of each number among them all: [7, 2, 5] becomes [2, 0, 1]. */
function ranksOf(numbers: readonly number[]): number[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  return numbers.map((number) => sorted.indexOf(number));
}

/** The list for which `order[list[i]] = i`. */
const inverse = (order: Axes): number[] => placed(range(0, order.length), order);

/** Axes before and after a reshape that contain the same elements. Most groups have one axis on one side. */
interface Group {
  readonly from: number[];
  readonly to: number[];
}

/** One side of a group of axes: the axes so far, their size without batch axes, and the number of batch axes. */
class Side {
  readonly axes: number[] = [];
  size = 1;
  batches = 0;

  take(shape: Shape, axis: number): void {
    const dimension = shape[axis];
    if (dimension === "n") this.batches++;
    else this.size *= dimension;
    this.axes.push(axis);
  }
}

/** Divides the axes of a reshape into as many groups as possible. Axes of size 1 belong to the group before them. */
function groupsOf(from: Shape, to: Shape): readonly Group[] {
  const groups: Group[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [before, after] = [new Side(), new Side()];
    const isOpen = () =>
      before.size !== after.size ||
      before.batches !== after.batches ||
      (before.axes.length === 0 && i < from.length) ||
      (after.axes.length === 0 && j < to.length);
    do {
      const isBehind =
        before.size < after.size || (before.size === after.size && before.batches <= after.batches);
      if (i < from.length && (isBehind || j === to.length)) before.take(from, i++);
      else after.take(to, j++);
    } while (isOpen());
    while (from[i] === 1 && to[j] !== 1) before.take(from, i++);
    while (to[j] === 1 && from[i] !== 1) after.take(to, j++);
    groups.push({ from: before.axes, to: after.axes });
  }
  return groups;
}

/** The order of the axes after a reshape of what is stored; undefined if a reshape cannot merge its axes. */
function reshapedOrder(from: Shape, to: Shape, order: Axes): Axes | undefined {
  const groups = groupsOf(from, to);
  // An axis of size 1 can be anywhere.
  const isLong = (axis: number): boolean => from[axis] !== 1;
  const long = range(0, from.length)
    .filter(isLong)
    .toSorted((a, b) => order[a] - order[b]);
  const isTogether = ({ from: axes }: Group) =>
    axes
      .filter(isLong)
      .every((axis, i, all) => i === 0 || long.indexOf(axis) === long.indexOf(all[i - 1]) + 1);
  if (!groups.every(isTogether)) return undefined;
  const place = ({ from: axes }: Group) => order[axes.find(isLong) ?? axes[0]];
  return inverse(groups.toSorted((a, b) => place(a) - place(b)).flatMap(({ to: axes }) => axes));
}

/** How each value of a graph is stored. */
class Arrangements {
  readonly g: GraphBuilder;
  private readonly known = new Map<Node, Arranged>();
  private readonly copies = new Map<Node, Map<string, Node>>();
  /** The values that are computed from numbers and indices, so that any order of axes is as good. */
  private readonly generated = new Set<Node>();

  constructor(g: GraphBuilder) {
    this.g = g;
  }

  of(node: Node): Arranged {
    return this.known.get(node) ?? plainly(node);
  }

  /** Decides how a node is stored whose operands are. */
  arrange(node: Node): void {
    const operands = operandsOf(node);
    if (isGenerated(node, this.generated)) this.generated.add(node);
    const isMoved = operands.some((x) => !isIdentity(this.of(x).order)) || is(node, "transpose");
    const arranged = isMoved ? this.named(node, () => moved(node, this)) : undefined;
    this.known.set(node, arranged ?? plainly(this.inOwnOrder(node, operands)));
  }

  private inOwnOrder(node: Node, operands: readonly Node[]): Node {
    const plain = operands.map((x) => this.as(x, range(0, x.type.shape.length)));
    return plain.every((x, i) => x === operands[i]) ? node : withOperands(this.g, node, plain);
  }

  /** What is stored has the origin and the name of the node. */
  private named(node: Node, build: () => Arranged | undefined): Arranged | undefined {
    const arranged = this.g.within(node.origin, build);
    if (arranged === undefined || node.name === undefined || this.isOperand(node, arranged)) return arranged;
    return { ...arranged, stored: this.g.named(node.name, arranged.stored) };
  }

  private isOperand(node: Node, { stored }: Arranged): boolean {
    return operandsOf(node).some((x) => this.of(x).stored === stored);
  }

  /** The value with its axes in this order. */
  as(node: Node, order: Axes): Node {
    const { stored, order: own } = this.of(node);
    if (isSame(own, order)) return stored;
    const copies = this.copies.get(node) ?? new Map<string, Node>();
    this.copies.set(node, copies);
    const key = order.join();
    const copy =
      copies.get(key) ??
      this.g.within(node.origin, () => this.rebuilt(node, order)) ??
      this.g.within(node.origin, () => this.g.transpose(stored, { permutation: placed(own, order) }));
    copies.set(key, copy);
    return copy;
  }

  /** Builds the value in this order without a transpose of it; undefined if that is not possible. */
  private rebuilt(node: Node, order: Axes): Node | undefined {
    const { g } = this;
    if (is(node, "iota")) {
      const { shape, axis } = node.attributes;
      return g.iota({ shape: placed(shape, order), axis: order[axis] });
    }
    if (is(node, "broadcast")) {
      const to = node.attributes.axes.map((axis) => order[axis]);
      return g.broadcast(this.as(node.operands.x, ranksOf(to)), {
        shape: placed(node.type.shape, order),
        axes: to.toSorted((a, b) => a - b),
      });
    }
    if (is(node, "transpose")) return this.as(node.operands.x, placed(order, node.attributes.permutation));
    if (is(node, "reshape")) {
      const { x } = node.operands;
      const before = reshapedOrder(node.type.shape, x.type.shape, order);
      return before && g.reshape(this.as(x, before), { shape: placed(node.type.shape, order) });
    }
    return this.generated.has(node) && hasTrait(node, "pointwise")
      ? g.make(
          node.op,
          operandsOf(node).map((x) => this.as(x, order)),
          node.attributes,
        )
      : undefined;
  }
}

const isGenerated = (node: Node, generated: ReadonlySet<Node>): boolean =>
  is(node, "iota") ||
  is(node, "constant") ||
  is(node, "batchSize") ||
  (is(node, "broadcast") && node.operands.x.type.shape.length <= 1) ||
  (hasTrait(node, "pointwise") && operandsOf(node).every((x) => generated.has(x)));

/** Builds a node from its operands as they are stored; undefined if it needs one in its own order of axes. */
function moved(node: Node, values: Arrangements): Arranged | undefined {
  if (hasTrait(node, "pointwise")) return pointwise(node, values);
  switch (node.op) {
    case "reduceSum":
    case "reduceMax":
    case "argMax":
      return reduction(node, values);
    case "contract":
      return contraction(node, values);
    case "transpose":
      return transposed(node, values);
    case "reshape":
      return reshaped(node, values);
    case "broadcast":
      return repeated(node, values);
    case "pad":
    case "slice":
      return boxed(node, values);
    case "concat":
      return joined(node, values);
    case "window":
      return windows(node, values);
    case "fold":
      return folded(node, values);
    default:
      return undefined;
  }
}

/** All operands take the order of the first one that has an order of its own. */
function pointwise(node: Node, values: Arrangements): Arranged | undefined {
  const operands = operandsOf(node);
  const order = operands.map((x) => values.of(x).order).find((each) => !isIdentity(each));
  if (order === undefined) return undefined;
  const stored = operands.map((x) => values.as(x, order));
  return { stored: values.g.make(node.op, stored, node.attributes), order };
}

/** Terms are combined in the order of the list of axes, which does not change. */
function reduction(
  { op, operands: { x }, attributes }: NodeOf<"reduceSum" | "reduceMax" | "argMax">,
  values: Arrangements,
): Arranged {
  const { stored, order } = values.of(x);
  const axes = attributes.axes.map((axis) => order[axis]);
  const kept = order.filter((_, axis) => !attributes.axes.includes(axis));
  return { stored: values.g.make(op, [stored], { axes }), order: ranksOf(kept) };
}

/** The free axes of the result have the order in which those of the operands are stored. */
function contraction(
  { operands: { x, y }, attributes: { batchX, batchY, sumX, sumY } }: NodeOf<"contract">,
  values: Arrangements,
): Arranged {
  const [left, right] = [values.of(x), values.of(y)];
  const at = ({ order }: Arranged, axes: Axes): Axes => axes.map((axis) => order[axis]);
  const free = ({ order }: Arranged, ...taken: readonly Axes[]): Axes =>
    ranksOf(order.filter((_, axis) => !taken.some((axes) => axes.includes(axis))));
  const [freeX, freeY] = [free(left, batchX, sumX), free(right, batchY, sumY)];
  const batch = batchX.length;
  return {
    stored: values.g.contract(left.stored, right.stored, {
      batchX: at(left, batchX),
      batchY: at(right, batchY),
      sumX: at(left, sumX),
      sumY: at(right, sumY),
    }),
    order: [
      ...range(0, batch),
      ...freeX.map((rank) => batch + rank),
      ...freeY.map((rank) => batch + freeX.length + rank),
    ],
  };
}

/** A transpose of a product, or of what follows from one, changes nothing in memory. */
function transposed(
  { operands: { x }, attributes: { permutation } }: NodeOf<"transpose">,
  values: Arrangements,
): Arranged | undefined {
  const own = values.of(x);
  const start = isIdentity(own.order) ? rowsFirst(own.stored, values.g) : own;
  return start && { ...start, order: permutation.map((axis) => start.order[axis]) };
}

/**
 * A product whose axes begin with the rows and end with its batch axes, such as the groups of a convolution, and the
 * free axes of the other operand, such as the filters. Lowering stores a product in the order of its only reader.
 */
function rowsFirst(product: Node, g: GraphBuilder): Arranged | undefined {
  if (!is(product, "contract")) return undefined;
  const { operands, attributes, type } = product;
  const rows = type.shape.indexOf("n");
  const batch = attributes.batchX.length;
  if (rows <= 0 || rows < batch) return plainly(product);
  const split = operands.x.type.shape.length - attributes.sumX.length;
  const [left, right] = [range(batch, split - batch), range(split, type.shape.length - split)];
  const permutation =
    rows < split ? [...left, ...range(0, batch), ...right] : [...right, ...range(0, batch), ...left];
  return { stored: g.transpose(product, { permutation }), order: inverse(permutation) };
}

function reshaped(
  { operands: { x }, attributes: { shape } }: NodeOf<"reshape">,
  values: Arrangements,
): Arranged | undefined {
  const { stored, order: before } = values.of(x);
  const order = reshapedOrder(x.type.shape, shape, before);
  return order && { stored: values.g.reshape(stored, { shape: placed(shape, order) }), order };
}

/** The axes of x keep their order, at the places that they have together. */
function repeated(
  { operands: { x }, attributes: { shape, axes } }: NodeOf<"broadcast">,
  values: Arrangements,
): Arranged {
  const { stored, order: own } = values.of(x);
  const order = range(0, shape.length);
  axes.forEach((axis, i) => (order[axis] = axes[own[i]]));
  return { stored: values.g.broadcast(stored, { shape: placed(shape, order), axes }), order };
}

function boxed(
  { op, operands: { x }, attributes }: NodeOf<"pad"> | NodeOf<"slice">,
  values: Arrangements,
): Arranged {
  const { stored, order } = values.of(x);
  const lists = Object.entries(attributes).map(([name, list]) => [
    name,
    Array.isArray(list) ? placed<Dimension>(list, order) : list,
  ]);
  return { stored: values.g.make(op, [stored], Object.fromEntries(lists)), order };
}

function joined(
  { operands: { x, y }, attributes: { axis } }: NodeOf<"concat">,
  values: Arrangements,
): Arranged {
  const { order } = values.of(isIdentity(values.of(x).order) ? y : x);
  return {
    stored: values.g.concat(values.as(x, order), values.as(y, order), { axis: order[axis] }),
    order,
  };
}

/** The offsets within the windows remain the last axes. */
function windows(
  { operands: { x }, attributes }: NodeOf<"window">,
  values: Arrangements,
): Arranged | undefined {
  const { stored, order } = values.of(x);
  const axes = attributes.axes.map((axis) => order[axis]);
  const rank = order.length;
  return {
    stored: values.g.window(stored, { ...attributes, axes }),
    order: [...order, ...axes.map((_, i) => rank + i)],
  };
}

/** Elements are added in the order of the axes of windows, so these axes must keep their order. */
function folded({ operands: { x }, attributes }: NodeOf<"fold">, values: Arrangements): Arranged | undefined {
  const { stored, order: own } = values.of(x);
  const rank = attributes.shape.length;
  const order = own.slice(0, rank);
  const axes = attributes.axes.map((axis) => order[axis]);
  const isLast = own.slice(rank).every((axis, i) => axis === rank + i);
  return isLast && isSame(ranksOf(axes), ranksOf(attributes.axes))
    ? {
        stored: values.g.fold(stored, { ...attributes, axes, shape: placed(attributes.shape, order) }),
        order,
      }
    : undefined;
}

const transposesIn = (graph: Graph): number => graph.nodes.filter(({ op }) => op === "transpose").length;

export const moveTransposes = definePass("move-transposes", (graph, g) => {
  const values = new Arrangements(g);
  for (const node of graph.nodes) values.arrange(node);
  const outputs = graph.outputs.map(({ storage, node }) => ({
    storage,
    node: values.as(node, range(0, node.type.shape.length)),
  }));
  const after = makeGraph(graph.name, outputs);
  return transposesIn(after) < transposesIn(graph) ? after : graph;
});
