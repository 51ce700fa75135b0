/**
 * Rules for windows. If windows do not overlap, each element is in at most one of them, so the windows are a
 * transpose of a reshape. Windows along one axis after another are windows along several axes.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Axes, Node, NodeOf, WindowShape } from "../../ir/nodes.ts";
import type { Dimension, Shape } from "../../ir/types.ts";
import { defineRule, is } from "./define.ts";

/** Whether each window starts at the end of the previous one. */
const isTiling = ({ size, stride, dilation }: WindowShape): boolean =>
  size.every((k, i) => k === stride[i] && (k === 1 || dilation[i] === 1));

interface Tiling {
  /** The shape of the elements that some window contains. */
  readonly covered: Shape;
  /** That shape with each window axis split in two: the window index, and the offset in the window. */
  readonly split: Shape;
  /** The split axes in the order of the windows: first window indices, then offsets. */
  readonly permutation: Axes;
}

function tilingOf(whole: Shape, windows: Shape, { axes, size }: WindowShape): Tiling {
  const covered: Dimension[] = [];
  const split: Dimension[] = [];
  const positions: number[] = [];
  const inside = new Array<number>(axes.length);
  whole.forEach((_, axis) => {
    positions.push(split.length);
    split.push(windows[axis]);
    const i = axes.indexOf(axis);
    if (i >= 0) {
      inside[i] = split.length;
      split.push(size[i]);
    }
    covered.push(i < 0 ? windows[axis] : Number(windows[axis]) * size[i]);
  });
  return { covered, split, permutation: [...positions, ...inside] };
}

/** The windows of x, as the transpose of a reshape of x. */
function tiles(node: NodeOf<"window">, g: GraphBuilder): Node | undefined {
  if (!isTiling(node.attributes)) return undefined;
  const { x } = node.operands;
  const { covered, split, permutation } = tilingOf(x.type.shape, node.type.shape, node.attributes);
  const box = g.slice(x, { start: covered.map(() => 0), shape: covered });
  return g.transpose(g.reshape(box, { shape: split }), { permutation });
}

/** The fold of windows, as a reshape of their transpose, with zeros in positions outside all windows. */
function untiled(node: NodeOf<"fold">, g: GraphBuilder): Node | undefined {
  if (!isTiling(node.attributes)) return undefined;
  const { x } = node.operands;
  const { shape } = node.attributes;
  const { covered, permutation } = tilingOf(shape, x.type.shape, node.attributes);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  const box = g.reshape(g.transpose(x, { permutation: inverse }), { shape: covered });
  const after = shape.map((size, axis) => (size === "n" ? 0 : size - Number(covered[axis])));
  return g.pad(box, { before: after.map(() => 0), after, value: 0 });
}

/** Windows of windows, along later axes of the same tensor. */
function windowsAlongAll(node: NodeOf<"window">, g: GraphBuilder): Node | undefined {
  if (!is(node.operands.x, "window")) return undefined;
  const { operands, attributes: inner } = node.operands.x;
  const outer = node.attributes;
  const rank = operands.x.type.shape.length;
  const fits = outer.axes.every((axis) => axis < rank && axis > Math.max(...inner.axes));
  if (!fits) return undefined;
  return g.window(operands.x, {
    axes: [...inner.axes, ...outer.axes],
    size: [...inner.size, ...outer.size],
    stride: [...inner.stride, ...outer.stride],
    dilation: [...inner.dilation, ...outer.dilation],
  });
}

export const windowRules = [
  defineRule({
    name: "windows-along-all",
    equation: "windows along b of windows along a of x = windows along a and b of x",
    root: "window",
    apply: windowsAlongAll,
  }),
  defineRule({
    name: "tiles",
    equation: "windows of x that do not overlap = x in another shape",
    root: "window",
    apply: tiles,
  }),
  defineRule({
    name: "join-tiles",
    equation: "fold of windows that do not overlap = the windows next to each other",
    root: "fold",
    fast: ["zero-sign"], // 0 + −0 is 0
    apply: untiled,
  }),
];
