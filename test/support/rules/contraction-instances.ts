// Random left-hand sides of the rules in src/compiler/passes/rules/contractions.ts and windows.ts.
import type { ContractAxes, Node, WindowShape } from "../../../src/compiler/ir/nodes.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import type { Draw } from "../draw.ts";
import type { Instances } from "./arithmetic-instances.ts";

/**
 * The shapes of the operands, and the axes, of a random contraction. Each axis has a random role and a random
 * position.
 */
function contraction(
  d: Draw,
  leastFree = 0,
): { readonly x: Shape; readonly y: Shape; readonly axes: ContractAxes } {
  const roles = {
    batch: d.below(2),
    sum: d.below(3),
    freeX: leastFree + d.below(2),
    freeY: leastFree + d.below(2),
  };
  const sizes = (count: number): Shape => Array.from({ length: count }, () => d.extent());
  const shared = { batch: sizes(roles.batch), sum: sizes(roles.sum) };
  const side = (free: Shape) => {
    const all = [...shared.batch, ...shared.sum, ...free];
    const order = d.permutation(all);
    const at = (from: number) => order.indexOf(from);
    return {
      shape: order.map((from) => all[from]),
      batch: shared.batch.map((_, i) => at(i)),
      sum: shared.sum.map((_, i) => at(roles.batch + i)),
    };
  };
  const [x, y] = [side(sizes(roles.freeX)), side(sizes(roles.freeY))];
  const axes = { batchX: x.batch, batchY: y.batch, sumX: x.sum, sumY: y.sum };
  return { x: x.shape, y: y.shape, axes };
}

/** x as a transpose of a leaf, with its free axes in the original order. */
function transposed(d: Draw, shape: Shape, ...taken: readonly (readonly number[])[]): Node {
  const permutation = d.permutation(shape);
  const free = d.axes(shape).filter((axis) => !taken.some((axes) => axes.includes(axis)));
  const places = free.map((axis) => permutation[axis]).sort((a, b) => a - b);
  free.forEach((axis, i) => (permutation[axis] = places[i]));
  const inner = permutation.map((_, axis) => shape[permutation.indexOf(axis)]);
  return d.g.transpose(d.leaf(inner), { permutation });
}

function transposedOperands(d: Draw): Node {
  // A near miss exchanges two free axes of one operand.
  const { x, y, axes } = contraction(d, 1);
  const which = d.below(3);
  return d.g.contract(
    which === 0 ? d.leaf(x) : transposed(d, x, axes.batchX, axes.sumX),
    which === 1 ? d.leaf(y) : transposed(d, y, axes.batchY, axes.sumY),
    axes,
  );
}

/** How many of the result's axes are batch axes, free axes of x, and free axes of y. */
function groupsOf({ x, y, axes }: ReturnType<typeof contraction>): readonly [number, number, number] {
  const shared = axes.batchX.length + axes.sumX.length;
  return [axes.batchX.length, x.length - shared, y.length - shared];
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Adjacent windows and the shape that they cover, with or without a remainder. */
function tiling(d: Draw): { readonly shape: Shape; readonly windows: WindowShape } {
  const shape = [...d.shape(0, 2)];
  const axes = d.shuffled(
    d.someOf(
      shape.flatMap((size, axis) => (size === "n" ? [] : [axis])),
      0,
    ),
  );
  const size = axes.map(() => d.extent());
  axes.forEach((axis, i) => (shape[axis] = size[i] * (1 + d.below(2)) + d.below(size[i])));
  const dilation = size.map((k) => (k === 1 ? 1 + d.below(2) : 1));
  return { shape, windows: { axes, size, stride: size, dilation } };
}

/** Windows along one axis, which may overlap. */
function windowsAlong(d: Draw, x: Node, axis: number): Node {
  const [size, stride, dilation] = [1 + d.below(3), 1 + d.below(3), 1 + d.below(2)];
  return d.g.window(x, { axes: [axis], size: [size], stride: [stride], dilation: [dilation] });
}

export const contractionInstances: Instances = {
  "contract-transposed": transposedOperands,
  "transpose-contraction": (d) => {
    const drawn = contraction(d);
    const [batch, freeX, freeY] = groupsOf(drawn);
    const product = d.g.contract(d.leaf(drawn.x), d.leaf(drawn.y), drawn.axes);
    const permutation = [...range(0, batch), ...range(batch + freeX, freeY), ...range(batch, freeX)];
    return d.g.transpose(product, { permutation });
  },
  "transpose-operands": (d) => {
    const drawn = contraction(d, 2);
    const [batch, freeX, freeY] = groupsOf(drawn);
    const product = d.g.contract(d.leaf(drawn.x), d.leaf(drawn.y), drawn.axes);
    // One group is reversed, so that the permutation is not the identity.
    const [ofX, ofY] = d.shuffled([true, false]);
    const [x, y] = [range(batch, freeX), range(batch + freeX, freeY)];
    const permutation = [
      ...d.shuffled(range(0, batch)),
      ...(ofX ? x.reverse() : d.shuffled(x)),
      ...(ofY ? y.reverse() : d.shuffled(y)),
    ];
    return d.g.transpose(product, { permutation });
  },
  "windows-along-all": (d) => {
    const before = d.shape(0, 1);
    // The longest window covers 2 · 2 + 1 elements.
    const x = d.leaf([...before, 5 + d.below(3), 5 + d.below(3)]);
    return windowsAlong(d, windowsAlong(d, x, before.length), before.length + 1);
  },
  tiles: (d) => {
    const { shape, windows } = tiling(d);
    return d.g.window(d.leaf(shape), windows);
  },
  "join-tiles": (d) => {
    const { shape, windows } = tiling(d);
    const seen = d.g.window(d.leaf(shape), windows);
    return d.g.fold(d.leaf(seen.type.shape), { ...windows, shape });
  },
};
