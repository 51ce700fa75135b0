/**
 * Rules for windows that do not overlap. Each element is then in one window, so the windows are a reshape and a
 * transpose.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Axes, Node, WindowShape } from "../../ir/nodes.ts";
import type { Dimension, Shape } from "../../ir/types.ts";
import { defineRule, is } from "./define.ts";

/** Whether each window starts at the end of the previous one. */
const isTiling = ({ size, stride, dilation }: WindowShape): boolean =>
  size.every((k, i) => k === stride[i] && (k === 1 || dilation[i] === 1));

interface Tiling {
  /** The shape without the elements that no window reaches. */
  readonly covered: Shape;
  /** Each window axis as two axes: window index and offset in the window. */
  readonly split: Shape;
  /** The split axes in the order of the windows: window indices, then offsets. */
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

/** windows of x as (reshape x) transposed */
function tiles(node: Node, g: GraphBuilder): Node | undefined {
  if (!is(node, "window") || !isTiling(node.attributes)) return undefined;
  const { x } = node.operands;
  const { covered, split, permutation } = tilingOf(x.type.shape, node.type.shape, node.attributes);
  const box = g.slice(x, { start: covered.map(() => 0), shape: covered });
  return g.transpose(g.reshape(box, { shape: split }), { permutation });
}

/** fold of windows as (windows transposed) reshaped, with zeros where no window reaches */
function untiled(node: Node, g: GraphBuilder): Node | undefined {
  if (!is(node, "fold") || !isTiling(node.attributes)) return undefined;
  const { x } = node.operands;
  const { shape } = node.attributes;
  const { covered, permutation } = tilingOf(shape, x.type.shape, node.attributes);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  const box = g.reshape(g.transpose(x, { permutation: inverse }), { shape: covered });
  const after = shape.map((size, axis) => (size === "n" ? 0 : size - Number(covered[axis])));
  return g.pad(box, { before: after.map(() => 0), after, value: 0 });
}

export const windowRules = [
  defineRule({
    name: "tiles",
    equation: "windows that do not overlap = x under another shape",
    apply: tiles,
  }),
  defineRule({
    name: "join-tiles",
    equation: "fold of windows that do not overlap = the adjacent windows",
    fast: ["zero-sign"], // 0 + −0 is 0
    apply: untiled,
  }),
];
