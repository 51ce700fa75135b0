/**
 * Upsampling of sequences and images, as torch.nn.Upsample. Output u of an axis of length L reads position
 *
 *     t = ⌊u · L / M⌋                                  nearest; M: the length of the output
 *     t = min(max((u + 1/2) · L / M − 1/2, 0), L − 1)   linear
 *     t = u · (L − 1) / (M − 1)                         linear, alignCorners
 *
 * where linear interpolates between the two positions around t. Images are interpolated along both axes, which
 * is bilinear. With a whole factor f, output u = i·f + r lies at the distance δ = (r + 1/2) / f − 1/2 from
 * position i, so all outputs of one r are the same sum of position i and a neighbour:
 *
 *     y[i·f + r] = x[i] + max(δ, 0) · (x[i + 1] − x[i]) + max(−δ, 0) · (x[i − 1] − x[i])
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Dimension } from "../../ir/types.ts";
import { defineLayer } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { besideInMask, maskOfSpread } from "./masks.ts";
import { alongAxes, pairKey, rankOf, spatialOf } from "./spatial.ts";
import type { PerAxis, Rank } from "./spatial.ts";

interface UpsampleKeys {
  readonly factor?: PerAxis | undefined;
  readonly size?: PerAxis | undefined;
  readonly mode: "nearest" | "linear";
  readonly alignCorners?: boolean | undefined;
}

/** The indices along an axis as real numbers. */
const positions = (g: GraphBuilder, count: number): Node =>
  g.cast(g.iota({ shape: [count], axis: 0 }), { element: g.float });

/** Repeats each position along `axis`. The result has the axes [axis, factor] in place of the axis. */
function repeated(g: GraphBuilder, x: Node, axis: number, factor: number): Node {
  const { shape } = x.type;
  const cut: readonly Dimension[] = [...shape.slice(0, axis + 1), factor, ...shape.slice(axis + 1)];
  return g.repeatAlong(x, [axis + 1], cut);
}

/** Joins the axes [axis, factor] of `repeated`. */
function joined(g: GraphBuilder, x: Node, axis: number): Node {
  const { shape } = x.type;
  const length = Number(shape[axis]) * Number(shape[axis + 1]);
  return g.reshape(x, { shape: [...shape.slice(0, axis), length, ...shape.slice(axis + 2)] });
}

/**
 * The neighbour of each position along `axis`: the next one or the previous one. At the edge, and next to
 * padding, it is the position itself.
 */
function neighbour(g: GraphBuilder, x: Node, axis: number, step: 1 | -1, mask: Node | undefined): Node {
  const { shape } = x.type;
  const length = Number(shape[axis]);
  const cut = (from: number, count: number): Node =>
    g.slice(x, {
      start: shape.map((_, i) => (i === axis ? from : 0)),
      shape: shape.map((size, i) => (i === axis ? count : size)),
    });
  const moved =
    step === 1
      ? g.concat(cut(1, length - 1), cut(length - 1, 1), { axis })
      : g.concat(cut(0, 1), cut(0, length - 1), { axis });
  return mask === undefined ? moved : g.select(besideInMask(g, mask, step, shape), moved, x);
}

function interpolated(g: GraphBuilder, x: Node, axis: number, factor: number, mask: Node | undefined): Node {
  if (factor === 1) return x;
  const cut = (y: Node): Node => repeated(g, y, axis, factor);
  const centre = cut(x);
  if (x.type.shape[axis] === 1) return joined(g, centre, axis);
  const { shape } = centre.type;
  const others = shape.flatMap((_, i) => (i === axis + 1 ? [] : [i]));
  const distance = g.part("distance", g.subtract(g.divide(g.add(positions(g, factor), 0.5), factor), 0.5));
  const share = (part: Node): Node => g.repeatAlong(g.maximum(part, 0), others, shape);
  const [next, previous] = [neighbour(g, x, axis, 1, mask), neighbour(g, x, axis, -1, mask)];
  const up = g.multiply(share(distance), g.subtract(cut(next), centre));
  const down = g.multiply(share(g.negate(distance)), g.subtract(cut(previous), centre));
  return joined(g, g.add(centre, g.add(up, down)), axis);
}

/** The weight of each position i in each output u, a matrix [u, i]. */
function weightsOf(g: GraphBuilder, from: number, to: number, { mode, alignCorners }: UpsampleKeys): Node {
  const u = positions(g, to);
  const shape = [to, from];
  const i = g.broadcastTo(positions(g, from), shape);
  const wide = (read: Node): Node => g.repeatAlong(read, [1], shape);
  if (mode === "nearest") {
    // u · from is a whole number. Adding 1/2 keeps the quotient away from whole numbers, so rounding is harmless.
    const read = wide(g.floor(g.divide(g.add(g.multiply(u, from), 0.5), to)));
    return g.cast(g.equal(read, i), { element: g.float });
  }
  const read =
    alignCorners === true
      ? g.divide(g.multiply(u, from - 1), Math.max(to - 1, 1))
      : g.subtract(g.divide(g.multiply(g.add(u, 0.5), from), to), 0.5);
  const inside = g.minimum(g.maximum(read, 0), from - 1);
  return g.maximum(g.subtract(1, g.absolute(g.subtract(wide(inside), i))), 0);
}

/** Interpolation between any two sizes, as a product with the matrix of weights. */
function resized(g: GraphBuilder, x: Node, axis: number, to: number, keys: UpsampleKeys): Node {
  const { shape } = x.type;
  const weights = g.part("interpolation", weightsOf(g, Number(shape[axis]), to, keys));
  const product = g.contract(x, weights, { batchX: [], batchY: [], sumX: [axis], sumY: [1] });
  const last = shape.length - 1;
  // The axis of the outputs comes last, and belongs at `axis`.
  const permutation = shape.map((_, i) => (i < axis ? i : i === axis ? last : i - 1));
  return g.transpose(product, { permutation });
}

function checkKeys({ layer, refuse }: LayerContext, rank: Rank, input: LayerInput, keys: UpsampleKeys): void {
  const { factor, size, mode, alignCorners } = keys;
  if ((factor === undefined) === (size === undefined))
    refuse(`${layer} must have either "factor" or "size"`, {
      hint: 'write "factor": 2 to double the size of every axis',
    });
  if (rank === 1 && typeof (factor ?? size) === "object")
    refuse(`${layer} reads a sequence, so its ${size === undefined ? "factor" : "size"} must be one number`, {
      key: size === undefined ? "factor" : "size",
    });
  if (alignCorners !== undefined && mode === "nearest")
    refuse(`${layer}.alignCorners has no effect if the mode is "nearest"`, {
      key: "alignCorners",
      hint: 'write "mode": "linear", or remove "alignCorners"',
    });
  if (rank === 1 && input.mask !== undefined && (size !== undefined || alignCorners === true))
    refuse(
      `${layer} reads sequences with padding, whose lengths differ, so it must have a "factor" and no "alignCorners"`,
      { hint: 'to treat padding like all other positions, write "mask": false' },
    );
}

export const upsample = defineLayer({
  name: "upsample",
  about: "enlarges sequences or images, by repetition or by linear interpolation",
  keys: {
    factor: pairKey
      .optional()
      .describe("The factor by which each axis grows; two numbers apply to height and width."),
    size: pairKey.optional().describe("The size of the output, instead of a factor."),
    mode: z
      .enum(["nearest", "linear"])
      .default("nearest")
      .describe("nearest repeats elements; linear interpolates, along both axes of an image (bilinear)."),
    alignCorners: z
      .boolean()
      .optional()
      .describe(
        "If true, the first and the last elements of input and output are at the same positions; false by default.",
      ),
  },
  takes: "one input",
  mask: {
    of: ({ g }, [input], { factor }, value) =>
      input.mask !== undefined && rankOf(input) === 1 && typeof factor === "number"
        ? maskOfSpread(g, input.mask, { stride: factor, excess: 0, count: Number(value.type.shape[1]) })
        : undefined,
  },
  build: (context, [input], keys) => {
    const { g } = context;
    const rank = rankOf(input);
    const { x, size } = spatialOf(context, input, rank);
    checkKeys(context, rank, input, keys);
    const factors = alongAxes(keys.factor ?? 1, rank);
    const sizes = keys.size === undefined ? size.map((n, a) => n * factors[a]) : alongAxes(keys.size, rank);
    return size.reduce((y, length, i) => {
      const axis = i + 1;
      if (sizes[i] === length) return y;
      if (sizes[i] % length !== 0 || keys.alignCorners === true) return resized(g, y, axis, sizes[i], keys);
      const factor = sizes[i] / length;
      return keys.mode === "nearest"
        ? joined(g, repeated(g, y, axis, factor), axis)
        : interpolated(g, y, axis, factor, rank === 1 ? input.mask : undefined);
    }, x);
  },
});
