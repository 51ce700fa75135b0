/**
 * Convolution and pooling over any number of spatial axes. Channels come first: the shape of x is [n, channels,
 * …space]. A convolution is a contraction of windows with filters, a transposed convolution adds overlapping windows,
 * and pooling reduces windows.
 */
import type { GraphBuilder } from "../../../ir/builder.ts";
import type { Node } from "../../../ir/nodes.ts";
import { range } from "../../../util/collections.ts";
import { computed, staticShape } from "../operator.ts";
import type { Operator, OperatorContext, Operators } from "../operator.ts";
import { meanAlong } from "./reductions.ts";

interface Geometry {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const spatialSizes = (context: OperatorContext, x: Node): readonly number[] =>
  staticShape(context, x.type.shape.slice(2), "size of the image");

/** Returns the windows that the attributes define for an image of this size. */
function geometryOf(context: OperatorContext, size: readonly number[], kernel: readonly number[]): Geometry {
  const ones = size.map(() => 1);
  const stride = context.integers("strides") ?? ones;
  const dilation = context.integers("dilations") ?? ones;
  const reach = kernel.map((k, i) => (k - 1) * dilation[i] + 1);
  const automatic = context.text("auto_pad", "NOTSET");
  const pads = context.integers("pads") ?? [...size, ...size].map(() => 0);
  if (automatic === "NOTSET" || automatic === "VALID") {
    const [before, after] =
      automatic === "VALID" ? [size.map(() => 0), size.map(() => 0)] : halves(pads, size.length);
    return { kernel, stride, dilation, before, after };
  }
  // SAME: the output has the size ⌈size / stride⌉. If the padding is odd, the mode says which side gets the extra
  // element.
  const total = size.map((length, i) =>
    Math.max((Math.ceil(length / stride[i]) - 1) * stride[i] + reach[i] - length, 0),
  );
  const small = total.map((count) => Math.floor(count / 2));
  const large = total.map((count) => Math.ceil(count / 2));
  return {
    kernel,
    stride,
    dilation,
    ...(automatic === "SAME_UPPER" ? { before: small, after: large } : { before: large, after: small }),
  };
}

const halves = (pads: readonly number[], rank: number) => [pads.slice(0, rank), pads.slice(rank)] as const;

/**
 * Extends the padding if the node has `ceil_mode`: a last window that begins inside the image or its padding may extend
 * beyond the end.
 */
function withCeiling(context: OperatorContext, size: readonly number[], geometry: Geometry): Geometry {
  if (context.integer("ceil_mode", 0) === 0) return geometry;
  const { kernel, stride, dilation, before, after } = geometry;
  const more = size.map((length, i) => {
    const reach = (kernel[i] - 1) * dilation[i] + 1;
    const whole = length + before[i] + after[i];
    const count = Math.ceil((whole - reach) / stride[i]) + 1;
    const kept = (count - 1) * stride[i] >= length + before[i] ? count - 1 : count;
    return Math.max((kept - 1) * stride[i] + reach - whole, 0);
  });
  return { ...geometry, after: after.map((count, i) => count + more[i]) };
}

const padded = (g: GraphBuilder, x: Node, { before, after }: Geometry, value: number): Node =>
  [...before, ...after].every((count) => count === 0)
    ? x
    : g.pad(x, { before: [0, 0, ...before], after: [0, 0, ...after], value });

/** The windows of an image, with the shape [n, channels, …positions, …kernel]. */
const windowsOf = (g: GraphBuilder, x: Node, geometry: Geometry, fill: number): Node =>
  g.window(padded(g, x, geometry, fill), {
    axes: geometry.kernel.map((_, i) => i + 2),
    size: geometry.kernel,
    stride: geometry.stride,
    dilation: geometry.dilation,
  });

/** Adds one number per channel. Axis 1 is the axis of channels. */
const withBias = (g: GraphBuilder, y: Node, bias: Node | undefined): Node =>
  bias === undefined
    ? y
    : g.add(
        y,
        g.repeatAlong(
          bias,
          y.type.shape.flatMap((_, i) => (i === 1 ? [] : [i])),
          y.type.shape,
        ),
      );

/** Makes the last axis axis 1. */
function channelsFirst(g: GraphBuilder, x: Node): Node {
  const rank = x.type.shape.length;
  return g.transpose(x, { permutation: [0, rank - 1, ...range(1, rank - 2)] });
}

/** Returns the number of groups. Refuses the node unless it divides the numbers of channels and filters. */
function groupsOf(context: OperatorContext, channels: number, filters: number): number {
  const groups = context.integer("group", 1);
  return groups > 0 && channels % groups === 0 && filters % groups === 0
    ? groups
    : context.refuse(`cannot divide ${channels} channels and ${filters} filters into ${groups} groups`);
}

/** y[n, o, …] = Σ_(c, k) x[n, c, … · s + k · d] · W[o, c, k] + b[o]. Each group of channels has its own filters. */
const convolution: Operator = computed((context, [x, weight, bias]) => {
  if (x === undefined || weight === undefined) return context.refuse("needs an image and filters");
  const { g } = context;
  const size = spatialSizes(context, x);
  const rank = size.length;
  const [filters, , ...kernel] = staticShape(context, weight.type.shape, "size of the filters");
  const groups = groupsOf(context, Number(x.type.shape[1]), filters);
  const windows = windowsOf(g, x, geometryOf(context, size, kernel), 0);
  const inside = range(2 + rank, rank);
  if (groups === 1) {
    const product = g.contract(windows, weight, {
      batchX: [],
      batchY: [],
      sumX: [1, ...inside],
      sumY: range(1, rank + 1),
    });
    return withBias(g, channelsFirst(g, product), bias);
  }
  // [n, group, channels of the group, …positions, …kernel] and [group, filters of the group, channels, …kernel]
  const [batch, channels, ...others] = windows.type.shape;
  const split = g.reshape(windows, { shape: [batch, groups, Number(channels) / groups, ...others] });
  const own = g.reshape(weight, { shape: [groups, filters / groups, ...weight.type.shape.slice(1)] });
  const product = g.contract(split, own, {
    batchX: [1],
    batchY: [0],
    sumX: [2, ...inside.map((axis) => axis + 1)],
    sumY: range(2, rank + 1),
  });
  // [group, n, …positions, filters of the group]
  const placed = g.transpose(product, { permutation: [1, 0, rank + 2, ...range(2, rank)] });
  const { shape } = placed.type;
  return withBias(g, g.reshape(placed, { shape: [shape[0], filters, ...shape.slice(3)] }), bias);
});

/**
 * The adjoint of a convolution with filters W[c, o, k]. Each element is multiplied by the filters, which yields a
 * window, and overlapping windows are added.
 */
const transposedConvolution: Operator = computed((context, [x, weight, bias]) => {
  if (x === undefined || weight === undefined) return context.refuse("needs an image and filters");
  const { g } = context;
  const size = spatialSizes(context, x);
  const rank = size.length;
  const [channels, perGroup, ...kernel] = staticShape(context, weight.type.shape, "size of the filters");
  const groups = groupsOf(context, channels, perGroup * context.integer("group", 1));
  const ones = size.map(() => 1);
  const stride = context.integers("strides") ?? ones;
  const dilation = context.integers("dilations") ?? ones;
  const extra = context.integers("output_padding") ?? size.map(() => 0);
  const reach = kernel.map((k, i) => (k - 1) * dilation[i] + 1);
  const whole = size.map((length, i) => (length - 1) * stride[i] + reach[i]);
  const { before, wanted } = cropOf(context, { size, stride, whole, extra });
  const split = g.reshape(x, { shape: [x.type.shape[0], groups, channels / groups, ...size] });
  const own = g.reshape(weight, { shape: [groups, channels / groups, perGroup, ...kernel] });
  // [group, n, …positions, filters, …kernel], then [n, group, filters, …positions, …kernel]
  const spread = g.contract(split, own, { batchX: [1], batchY: [0], sumX: [2], sumY: [1] });
  const placed = g.transpose(spread, {
    permutation: [1, 0, rank + 2, ...range(2, rank), ...range(rank + 3, rank)],
  });
  const { shape } = placed.type;
  const windows = g.reshape(placed, { shape: [shape[0], groups * perGroup, ...shape.slice(3)] });
  const folded = g.fold(windows, {
    axes: range(2, rank),
    size: kernel,
    stride,
    dilation,
    shape: [shape[0], groups * perGroup, ...whole],
  });
  const beyond = whole.map((length, i) => Math.max(before[i] + wanted[i] - length, 0));
  const enough = beyond.every((count) => count === 0)
    ? folded
    : g.pad(folded, { before: folded.type.shape.map(() => 0), after: [0, 0, ...beyond], value: 0 });
  const kept = g.slice(enough, {
    start: [0, 0, ...before],
    shape: [shape[0], groups * perGroup, ...wanted],
  });
  return withBias(g, kept, bias);
});

/** The part of the full result that a transposed convolution returns: the start and the size along each axis. */
function cropOf(
  context: OperatorContext,
  { size, stride, whole, extra }: Record<"size" | "stride" | "whole" | "extra", readonly number[]>,
): { readonly before: readonly number[]; readonly wanted: readonly number[] } {
  const automatic = context.text("auto_pad", "NOTSET");
  const isSame = automatic.startsWith("SAME");
  const given = context.integers("output_shape")?.slice(-size.length);
  const wanted = given ?? (isSame ? size.map((length, i) => length * stride[i]) : undefined);
  if (wanted === undefined) {
    const [before, after] = halves(context.integers("pads") ?? [...size, ...size].map(() => 0), size.length);
    return { before, wanted: whole.map((length, i) => length + extra[i] - before[i] - after[i]) };
  }
  const total = whole.map((length, i) => Math.max(length + extra[i] - wanted[i], 0));
  const before = total.map((count) =>
    automatic === "SAME_UPPER" ? Math.floor(count / 2) : Math.ceil(count / 2),
  );
  return { before, wanted };
}

type Pool = (context: OperatorContext, windows: Node, inside: readonly number[], parts: PoolParts) => Node;
interface PoolParts {
  readonly x: Node;
  readonly size: readonly number[];
  readonly geometry: Geometry;
}

const pooling = (fill: number, pool: Pool): Operator =>
  computed((context, [x]) => {
    if (x === undefined) return context.refuse("has no input");
    if (context.outputs > 1)
      return context.refuse("returns the positions of the maxima, which is not supported");
    const size = spatialSizes(context, x);
    const kernel = context.integers("kernel_shape") ?? context.refuse("has no kernel_shape");
    const geometry = withCeiling(context, size, geometryOf(context, size, kernel));
    const real = x.type.element === "i32" ? context.g.cast(x, { element: context.g.float }) : x;
    const windows = windowsOf(context.g, real, geometry, fill);
    const value = pool(context, windows, range(2 + size.length, size.length), { x: real, size, geometry });
    return x.type.element === "i32" ? context.g.cast(value, { element: "i32" }) : value;
  });

/** The mean of each window. Padding counts only if the node has `count_include_pad`. */
const average: Pool = (context, windows, inside, { x, size, geometry }) => {
  const { g } = context;
  const sum = g.reduceSum(windows, { axes: inside });
  const countsPadding = context.integer("count_include_pad", 0) !== 0;
  const declared = geometryOf(context, size, geometry.kernel);
  if (countsPadding && geometry.after.some((count, i) => count !== declared.after[i]))
    return context.refuse(
      "counts padding in windows that extend beyond the padding, which ONNX and PyTorch define differently",
    );
  const isPadded = [...geometry.before, ...geometry.after].some((count) => count > 0);
  if (!isPadded || countsPadding)
    return g.divide(
      sum,
      geometry.kernel.reduce((product, k) => product * k, 1),
    );
  // The number of image elements in each window is the sum of a window of ones.
  const ones = g.broadcastTo(g.number(1), [1, 1, ...size]);
  const counts = g.reduceSum(windowsOf(g, ones, geometry, 0), { axes: inside });
  return g.divide(sum, g.broadcastTo(counts, [...x.type.shape.slice(0, 2), ...sum.type.shape.slice(2)]));
};

/** (Σ |x|ᵖ)^(1/p) */
const norm: Pool = (context, windows, inside) => {
  const { g } = context;
  const p = context.integer("p", 2);
  const sum = g.reduceSum(g.power(g.absolute(windows), p), { axes: inside });
  return p === 2 ? g.sqrt(sum) : g.power(sum, 1 / p);
};

const overSpace = (build: (context: OperatorContext, x: Node, axes: readonly number[]) => Node): Operator =>
  computed((context, [x]) => {
    if (x === undefined) return context.refuse("has no input");
    const { shape } = x.type;
    const value = build(context, x, range(2, shape.length - 2));
    return context.g.reshape(value, { shape: [...shape.slice(0, 2), ...shape.slice(2).map(() => 1)] });
  });

export const windowOperators: Operators = {
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  MaxPool: pooling(-Infinity, ({ g }, windows, axes) => g.reduceMax(windows, { axes })),
  AveragePool: pooling(0, average),
  LpPool: pooling(0, norm),
  GlobalAveragePool: overSpace(({ g }, x, axes) => meanAlong(g, x, axes)),
  GlobalMaxPool: overSpace(({ g }, x, axes) => g.reduceMax(x, { axes })),
};
