/** Rules that move, merge and remove views, or compute values before they are repeated. */
import type { GraphBuilder } from "../../ir/builder.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Axes, Node, NodeOf } from "../../ir/nodes.ts";
import { sameShape } from "../../ir/types.ts";
import { opsWithTrait } from "../../ops/index.ts";
import { defineRule, is } from "./define.ts";

const isIdentity = (permutation: Axes): boolean => permutation.every((from, to) => from === to);

/** Replaces f(broadcast a, broadcast b) with broadcast f(a, b), over the axes that a or b has. */
function beforeRepeating(node: Node, g: GraphBuilder): Node | undefined {
  const operands = operandsOf(node);
  if (!operands.every((x) => is(x, "broadcast"))) return undefined;
  const { shape } = node.type;
  const axes = shape.flatMap((_, axis) =>
    operands.some((x) => x.attributes.axes.includes(axis)) ? [axis] : [],
  );
  if (axes.length === shape.length) return undefined;
  const smaller = axes.map((axis) => shape[axis]);
  const inner = operands.map((x) =>
    sameShape(x.operands.x.type.shape, smaller)
      ? x.operands.x
      : g.broadcast(x.operands.x, {
          shape: smaller,
          axes: x.attributes.axes.map((axis) => axes.indexOf(axis)),
        }),
  );
  return g.broadcast(g.make(node.op, inner, node.attributes), { shape, axes });
}

/**
 * The terms of nested sums as padded boxes; undefined if any term is not a padded box. The search visits the
 * last term first, so that it stops early on a long sum of other terms.
 */
function boxesOf(sum: Node): PaddedBox[] | undefined {
  const boxes: PaddedBox[] = [];
  const open: Node[] = [sum];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (is(node, "add")) open.push(node.operands.x, node.operands.y);
    else {
      const box = paddedAxis(node);
      if (box === undefined) return undefined;
      boxes.push(box);
    }
  }
  return boxes;
}

interface PaddedBox {
  readonly axis: number;
  readonly start: number;
  readonly inner: Node;
}

/** Matches a box that is padded with zeros along one axis. Returns the axis, the start and the box. */
function paddedAxis(node: Node): PaddedBox | undefined {
  if (!is(node, "pad") || node.attributes.value !== 0) return undefined;
  const { before, after } = node.attributes;
  const padded = before.flatMap((size, axis) => (size > 0 || after[axis] > 0 ? [axis] : []));
  return padded.length === 1
    ? { axis: padded[0], start: before[padded[0]], inner: node.operands.x }
    : undefined;
}

/**
 * Rewrites a sum of adjacent zero-padded boxes that cover the whole result as the concatenation of the boxes.
 * Each element of the sum is x + 0 + 0 …
 */
function joinedBoxes(node: NodeOf<"add">, g: GraphBuilder): Node | undefined {
  const boxes = boxesOf(node);
  if (boxes === undefined || boxes.some(({ axis }) => axis !== boxes[0].axis)) return undefined;
  const [first] = boxes;
  const sorted = boxes.toSorted((a, b) => a.start - b.start);
  let end = 0;
  for (const { start, inner, axis } of sorted) {
    if (start !== end) return undefined;
    end += Number(inner.type.shape[axis]);
  }
  if (end !== node.type.shape[first.axis]) return undefined;
  return sorted
    .map(({ inner }) => inner)
    .reduce((joined, part) => g.concat(joined, part, { axis: first.axis }));
}

export const viewRules = [
  defineRule({
    name: "reshape-nothing",
    equation: "reshape x to its own shape = x",
    root: "reshape",
    apply: (node) => (sameShape(node.type.shape, node.operands.x.type.shape) ? node.operands.x : undefined),
  }),
  defineRule({
    name: "reshape-reshape",
    equation: "reshape (reshape x) = reshape x",
    root: "reshape",
    apply: (node, g) =>
      is(node.operands.x, "reshape") ? g.reshape(node.operands.x.operands.x, node.attributes) : undefined,
  }),
  defineRule({
    name: "transpose-nothing",
    equation: "transpose x by the identity = x",
    root: "transpose",
    apply: (node) => (isIdentity(node.attributes.permutation) ? node.operands.x : undefined),
  }),
  defineRule({
    name: "slice-nothing",
    equation: "slice all of x = x",
    root: "slice",
    apply: (node) => (sameShape(node.type.shape, node.operands.x.type.shape) ? node.operands.x : undefined),
  }),
  defineRule({
    name: "pad-nothing",
    equation: "pad x by nothing = x",
    root: "pad",
    apply: (node) => (sameShape(node.type.shape, node.operands.x.type.shape) ? node.operands.x : undefined),
  }),
  defineRule({
    name: "transpose-transpose",
    equation: "(xᵖ)^q = x^(p∘q)",
    root: "transpose",
    apply: (node, g) => {
      if (!is(node.operands.x, "transpose")) return undefined;
      const inner = node.operands.x;
      const permutation = node.attributes.permutation.map((axis) => inner.attributes.permutation[axis]);
      return g.transpose(inner.operands.x, { permutation });
    },
  }),
  defineRule({
    name: "broadcast-nothing",
    equation: "broadcast x to its own shape = x",
    root: "broadcast",
    apply: (node) => (sameShape(node.type.shape, node.operands.x.type.shape) ? node.operands.x : undefined),
  }),
  defineRule({
    name: "broadcast-broadcast",
    equation: "broadcast (broadcast x) = broadcast x",
    root: "broadcast",
    apply: (node, g) => {
      if (!is(node.operands.x, "broadcast")) return undefined;
      const inner = node.operands.x;
      const axes = inner.attributes.axes.map((axis) => node.attributes.axes[axis]);
      return g.broadcast(inner.operands.x, { shape: node.attributes.shape, axes });
    },
  }),
  defineRule({
    name: "compute-before-repeating",
    equation: "f(broadcast x, broadcast y) = broadcast f(x, y)",
    // Minus signs are excluded: negate-before-view moves them outward, where they cancel or become subtractions.
    root: opsWithTrait("pointwise").filter((op) => op !== "negate"),
    apply: beforeRepeating,
  }),
  defineRule({
    name: "negate-before-view",
    equation: "view (−x) = −(view x)",
    root: "broadcast",
    apply: (node, g) => {
      if (!is(node.operands.x, "negate")) return undefined;
      return g.negate(g.broadcast(node.operands.x.operands.x, node.attributes));
    },
  }),
  defineRule({
    name: "join-boxes",
    equation: "pad x + pad y = concat x, y, where the boxes are adjacent",
    root: "add",
    fast: ["zero-sign"], // −0 + 0 is 0
    apply: joinedBoxes,
  }),
];
