/**
 * Resize: each axis is interpolated separately. An element of the output is a weighted sum of a few elements (taps) of
 * the input.
 *
 *     y[o] = Σ_k w_k[o] · x[i_k[o]]        nearest: one tap; linear: two; cubic: four; more with antialias
 *
 * Positions beyond the edge read the element at the edge.
 */
import type { Node } from "../../../ir/nodes.ts";
import type { Dimension } from "../../../ir/types.ts";
import { axisOf, bounded, required, staticSize } from "../operator.ts";
import type { Inputs, OperatorContext, Operators } from "../operator.ts";
import { known, shapeOf } from "../values.ts";
import type { Value } from "../values.ts";
import { gathered } from "./views.ts";

/** The sizes of one axis, and the region of the input that tf_crop_and_resize reads, in fractions of the axis. */
interface Axis {
  readonly size: number;
  readonly length: number;
  readonly scale: number;
  readonly region: readonly [start: number, end: number];
}

/** The position in the input that corresponds to output position o. */
function sourceOf(context: OperatorContext, mode: string, { size, length, scale, region }: Axis, o: number) {
  const exact = scale * size;
  const [start, end] = region;
  switch (mode) {
    case "half_pixel":
      return (o + 0.5) / scale - 0.5;
    case "pytorch_half_pixel":
      return length === 1 ? -0.5 : (o + 0.5) / scale - 0.5;
    case "half_pixel_symmetric":
      return (size / 2) * (1 - length / exact) + (o + 0.5) / scale - 0.5;
    case "align_corners":
      return length === 1 ? 0 : (o * (size - 1)) / (exact - 1);
    case "asymmetric":
      return o / scale;
    case "tf_crop_and_resize": {
      const within =
        length === 1 ? ((end - start) * (size - 1)) / 2 : (o * (end - start) * (size - 1)) / (exact - 1);
      return start * (size - 1) + within;
    }
    default:
      return context.refuse(`has the coordinate_transformation_mode "${mode}", which is not supported`);
  }
}

/**
 * The taps of one output position: the first index in the input, and the weights of the elements from there on. The
 * indices may be beyond the edges.
 */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

const nearestIndex: ReadonlyMap<string, (x: number) => number> = new Map([
  ["round_prefer_floor", (x) => Math.ceil(x - 0.5)],
  ["round_prefer_ceil", (x) => Math.floor(x + 0.5)],
  ["floor", Math.floor],
  ["ceil", Math.ceil],
]);

const linearWeight = (distance: number): number => Math.max(1 - Math.abs(distance), 0);

/** Keys 1981, with the parameter a. */
function cubicWeight(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
}

/**
 * The weights of the elements within `radius` of the source position. With antialias, `scale` below 1 widens the
 * radius.
 */
function tapsAt(source: number, scale: number, radius: number, weight: (distance: number) => number): Taps {
  const start = Math.floor(-radius / scale) + 1;
  const base = Math.ceil(source) - 1;
  const count = 2 - 2 * start;
  const ratio = source - base;
  const weights = Array.from({ length: count }, (_, k) => weight((start + k - ratio) * scale));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return { first: base + start, weights: weights.map((w) => w / total) };
}

function tapsOf(context: OperatorContext, source: number, scale: number): Taps {
  const mode = context.text("mode", "nearest");
  if (mode === "nearest") {
    const name = context.text("nearest_mode", "round_prefer_floor");
    const index =
      nearestIndex.get(name) ?? context.refuse(`has the nearest_mode "${name}", which is not supported`);
    return { first: index(source), weights: [1] };
  }
  const stretch = context.integer("antialias", 0) !== 0 ? Math.min(scale, 1) : 1;
  if (mode === "linear") return tapsAt(source, stretch, 1, linearWeight);
  if (mode !== "cubic") return context.refuse(`has the mode "${mode}", which is not supported`);
  const a = context.real("cubic_coeff_a", -0.75);
  return tapsAt(source, stretch, 2, (distance) => cubicWeight(distance, a));
}

/** Drops the weights of positions beyond the edges if the node has `exclude_outside`. */
function inside(context: OperatorContext, { first, weights }: Taps, size: number): Taps {
  if (context.integer("exclude_outside", 0) === 0) return { first, weights };
  const kept = weights.map((w, k) => (first + k < 0 || first + k >= size ? 0 : w));
  const total = kept.reduce((sum, w) => sum + w, 0);
  return { first, weights: kept.map((w) => w / total) };
}

function resizedAlong(context: OperatorContext, x: Node, axis: number, facts: Axis): Node {
  const { g } = context;
  const { size, length, scale } = facts;
  const mode = context.text("coordinate_transformation_mode", "half_pixel");
  const sources = Array.from({ length }, (_, o) => sourceOf(context, mode, facts, o));
  const isCropped = mode === "tf_crop_and_resize";
  const isOutside = (source: number): boolean => isCropped && (source < 0 || source > size - 1);
  const taps = sources.map((source) => inside(context, tapsOf(context, source, scale), size));
  const count = taps[0].weights.length;
  const others = x.type.shape.flatMap((_, i) => (i === axis ? [] : [i]));
  const shape = x.type.shape.with(axis, length);
  const along = (values: readonly number[]): Node =>
    g.repeatAlong(context.node(known("real", [length], values)), others, shape);
  const terms = Array.from({ length: count }, (_, k) => {
    const indices = taps.map(({ first }) => Math.min(Math.max(first + k, 0), size - 1));
    const read = gathered(context, x, axis, known("integer", [length], indices));
    return count === 1 ? read : g.multiply(read, along(taps.map(({ weights }) => weights[k])));
  });
  const sum = terms.reduce((all, term) => g.add(all, term));
  if (!sources.some(isOutside)) return sum;
  const isRead = g.less(0, along(sources.map((source) => (isOutside(source) ? 0 : 1))));
  return g.select(isRead, sum, context.real("extrapolation_value", 0));
}

/**
 * The sizes and scales of the resized axes. `sizes` has precedence over `scales`. A policy may keep the aspect ratio.
 */
function axesToResize(
  context: OperatorContext,
  inputs: Inputs,
  shape: readonly Dimension[],
): Map<number, Axis> {
  // Upsample and Resize of opset 10 have scales as their second input, or as an attribute.
  const [roi, scalesInput, sizes] =
    inputs.length === 2 ? [undefined, inputs[1], undefined] : [inputs[1], inputs[2], inputs[3]];
  const axes =
    context.integers("axes")?.map((axis) => axisOf(context, axis, shape.length)) ?? shape.map((_, i) => i);
  const numbers = (value: (typeof inputs)[number], what: string): readonly number[] =>
    value === undefined
      ? []
      : context.list(value, what).map((x, i) => (x === "n" && shape[axes[i]] === "n" ? 0 : Number(x)));
  const wanted = numbers(sizes, "sizes");
  const scales = scalesInput === undefined ? (context.reals("scales") ?? []) : numbers(scalesInput, "scales");
  const region = numbers(roi, "region");
  const policy = context.text("keep_aspect_ratio_policy", "stretch");
  const ratios = axes.map((axis, i) => (wanted.length > 0 ? wanted[i] / Number(shape[axis]) : scales[i]));
  const common = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  const isCommon = wanted.length > 0 && policy !== "stretch";
  if (ratios.some((ratio, i) => shape[axes[i]] !== "n" && !(ratio > 0)))
    return context.refuse("has no scales");
  return new Map(
    axes.flatMap((axis, i): (readonly [number, Axis])[] => {
      if (shape[axis] === "n" || (ratios[i] === 1 && region.length === 0)) return [];
      const size = staticSize(context, shape[axis], "size of the image");
      const scale = isCommon ? common : ratios[i];
      const length = isCommon
        ? Math.floor(scale * size + 0.5)
        : wanted.length > 0
          ? wanted[i]
          : Math.floor(scale * size);
      const bounds = region.length > 0 ? ([region[i], region[axes.length + i]] as const) : ([0, 1] as const);
      if (bounded(context, length) < 1) return context.refuse(`resizes axis ${axis} to size 0`);
      return [[axis, { size, length, scale, region: bounds }]];
    }),
  );
}

const resized = (context: OperatorContext, inputs: Inputs): readonly Value[] => {
  const x = required(context, inputs, 0);
  const axes = axesToResize(context, inputs, shapeOf(x));
  return [
    [...axes].reduce((value, [axis, facts]) => resizedAlong(context, value, axis, facts), context.node(x)),
  ];
};

/** Upsample, and Resize of opset 10, use asymmetric coordinates and round them down. */
const resizedOld = (context: OperatorContext, inputs: Inputs): readonly Value[] =>
  resized(
    {
      ...context,
      text: (name, otherwise) => {
        if (name === "coordinate_transformation_mode") return "asymmetric";
        return name === "nearest_mode" ? "floor" : context.text(name, otherwise);
      },
    },
    inputs,
  );

export const resizeOperators: Operators = {
  Resize: { build: (context, inputs) => (context.opset < 11 ? resizedOld : resized)(context, inputs) },
  Upsample: { build: resizedOld },
};
