// Random left-hand sides of the rules in src/compiler/passes/rules/views.ts.
import type { Node, OpName } from "../../../src/compiler/ir/nodes.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import type { Draw } from "../draw.ts";
import type { Instances } from "./arithmetic-instances.ts";

const unary: readonly OpName[] = [
  "absolute",
  "sign",
  "relu",
  "exp",
  "log",
  "sqrt",
  "tanh",
  "erf",
  "stopGradient",
];
const binary: readonly OpName[] = [
  "add",
  "subtract",
  "multiply",
  "divide",
  "maximum",
  "less",
  "equal",
  "power",
];

const none = (shape: Shape): number[] => shape.map(() => 0);

/** f(broadcast x, …) with an axis along which every operand is repeated. */
function repeatedOperands(d: Draw): Node {
  const shape = d.shape(1);
  const common = d.pick(d.axes(shape));
  const axes = () => d.subset(d.axes(shape)).filter((axis) => axis !== common);
  const kind = d.below(4);
  if (kind === 0) return d.g.make(d.pick(unary), [d.over(shape, axes())], {});
  if (kind === 1)
    return d.g.select(d.over(shape, axes(), "bool"), d.over(shape, axes()), d.over(shape, axes()));
  if (kind === 2) return d.g.cast(d.over(shape, axes(), "bool"), { element: d.g.float });
  return d.g.make(d.pick(binary), [d.over(shape, axes()), d.over(shape, axes())], {});
}

/** Adjacent boxes along one axis, added in any order. */
function boxes(d: Draw): Node {
  const shape = d.shape(1).map((size) => size);
  const axis = d.below(shape.length);
  const sizes = Array.from({ length: 2 + d.below(2) }, () => d.extent());
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  const along = (size: number) => none(shape).with(axis, size);
  let start = 0;
  const padded = sizes.map((size) => {
    const before = start;
    start += size;
    const box = d.leaf(shape.with(axis, size));
    return d.g.pad(box, { before: along(before), after: along(whole - start), value: d.pick([0, 0, -0]) });
  });
  const [first, ...others] = d.shuffled(padded);
  return others.reduce((sum, box) => d.either("add", sum, box), first);
}

export const viewInstances: Instances = {
  "reshape-nothing": (d) => {
    const shape = d.shape();
    return d.g.reshape(d.leaf(shape), { shape });
  },
  "reshape-reshape": (d) => {
    const shape = d.shape();
    const between = d.reshaped(shape);
    return d.g.reshape(d.g.reshape(d.leaf(shape), { shape: between }), { shape: d.reshaped(between) });
  },
  "transpose-nothing": (d) => {
    const shape = d.shape();
    return d.g.transpose(d.leaf(shape), { permutation: d.axes(shape) });
  },
  "slice-nothing": (d) => {
    const shape = d.shape();
    return d.g.slice(d.leaf(shape), { start: none(shape), shape });
  },
  "pad-nothing": (d) => {
    const shape = d.shape();
    return d.g.pad(d.leaf(shape), { before: none(shape), after: none(shape), value: d.pick([0, 1]) });
  },
  "transpose-transpose": (d) => {
    const shape = d.shape();
    const inner = d.g.transpose(d.leaf(shape), { permutation: d.permutation(shape) });
    return d.g.transpose(inner, { permutation: d.permutation(shape) });
  },
  "broadcast-nothing": (d) => {
    const shape = d.shape();
    return d.over(shape, d.axes(shape));
  },
  "broadcast-broadcast": (d) => {
    const shape = d.shape(0, 2);
    const first = d.inserted(shape);
    return d.g.broadcast(d.g.broadcast(d.leaf(shape), first), d.inserted(first.shape));
  },
  "compute-before-repeating": repeatedOperands,
  "negate-before-view": (d) => {
    const shape = d.shape(0, 2);
    return d.g.broadcast(d.g.negate(d.leaf(shape)), d.inserted(shape));
  },
  "join-boxes": boxes,
};
