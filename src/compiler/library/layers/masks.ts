/**
 * Masks: which positions of a sequence are real and which are padding. A mask is a bool [n, length] that
 * travels next to a value [n, length, …]. One principle decides every case: a padded sequence must have the
 * same results as the sequence without padding.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Shape } from "../../ir/types.ts";
import { alongLastAxis, lastAxis } from "../compositions.ts";

/** The number of positions of a mask, real or not. */
export const positionsOf = (mask: Node): number => Number(mask.type.shape[1]);

/** Whether axis 1 of the value consists of the positions of the mask. */
export const hasPositionsOf = (mask: Node, { type: { shape } }: Node): boolean =>
  shape.length > 1 && shape[1] === mask.type.shape[1];

/** The mask, repeated over the axes after the positions. */
export const alongPositions = (g: GraphBuilder, mask: Node, shape: Shape): Node =>
  g.repeatAlong(
    mask,
    shape.slice(2).map((_, axis) => axis + 2),
    shape,
  );

/** Returns x with `fill` in place of padding, or x itself if there is no mask. */
export const maskedWith = (g: GraphBuilder, x: Node, mask: Node | undefined, fill: number): Node =>
  mask === undefined ? x : g.part("masked", g.select(alongPositions(g, mask, x.type.shape), x, fill));

/** The mask as numbers: 1 for real positions, 0 for padding. */
export const asNumbers = (g: GraphBuilder, mask: Node): Node => g.cast(mask, { element: g.float });

const isOne = (g: GraphBuilder, numbers: Node): Node => g.less(0.5, numbers);

/** The number of real positions of each row, [n]. It is at least 1, so that it can be a divisor. */
export const lengthsOf = (g: GraphBuilder, mask: Node): Node =>
  g.part("length", g.maximum(g.reduceSum(asNumbers(g, mask), { axes: [1] }), 1));

/** The positions that are real in all masks. Values without a mask have only real positions, as in Keras. */
export function jointMask(g: GraphBuilder, masks: readonly Node[]): Node | undefined {
  const [first, ...others] = new Set(masks);
  if (first === undefined || others.length === 0) return first;
  const product = others.reduce((all, mask) => g.multiply(all, asNumbers(g, mask)), asNumbers(g, first));
  return g.part("mask", isOne(g, product));
}

/**
 * The mask of several sequences that are concatenated along time. A sequence without a mask has no padding.
 */
export function concatenatedMask(
  g: GraphBuilder,
  parts: readonly { readonly node: Node; readonly mask?: Node | undefined }[],
): Node | undefined {
  if (parts.every(({ mask }) => mask === undefined)) return undefined;
  const numbers = parts.map(({ node, mask }) =>
    mask === undefined ? g.broadcastTo(g.number(1), node.type.shape.slice(0, 2)) : asNumbers(g, mask),
  );
  return g.part(
    "mask",
    isOne(
      g,
      numbers.reduce((all, next) => g.concat(all, next, { axis: 1 })),
    ),
  );
}

/** The positions of windows along time. */
export interface WindowsAlongTime {
  readonly stride: number;
  /** (kernel − 1) · dilation + 1 */
  readonly reach: number;
  readonly edges: readonly [before: number, after: number];
  /** Whether the output has ⌈length / stride⌉ positions. */
  readonly isSame: boolean;
  /** The number of windows. */
  readonly count: number;
}

/**
 * The mask of the outputs of windows. A sequence of L positions without padding has a window o if and only if
 * o·s + reach − 1 − before − after < L, or o·s < L for `same`. So output o is real if and only if the input
 * is real at position o·s + reach − 1 − before − after, or o·s. Positions before the start count as real.
 */
export function maskOfWindows(
  g: GraphBuilder,
  mask: Node,
  { stride, reach, edges: [before, after], isSame, count }: WindowsAlongTime,
): Node {
  const shift = isSame ? 0 : reach - 1 - before - after;
  if (shift === 0 && stride === 1 && count === positionsOf(mask)) return mask;
  const numbers = asNumbers(g, mask);
  const front = Math.max(-shift, 0);
  const all = front === 0 ? numbers : g.pad(numbers, { before: [0, front], after: [0, 0], value: 1 });
  const shape: Shape = ["n", (count - 1) * stride + 1];
  const from = g.slice(all, { start: [0, Math.max(shift, 0)], shape });
  const every = { axes: [1], size: [1], stride: [stride], dilation: [1] };
  const chosen = stride === 1 ? from : g.reshape(g.window(from, every), { shape: ["n", count] });
  return g.part("mask", isOne(g, chosen));
}

/** The positions of a sequence that a layer lengthens. */
export interface SpreadAlongTime {
  readonly stride: number;
  /** A sequence of L positions without padding has L · stride + excess outputs. */
  readonly excess: number;
  /** The number of outputs. */
  readonly count: number;
}

/**
 * The mask of the outputs of a layer that lengthens sequences, such as a transposed convolution. A sequence of L
 * positions has an output u if and only if u < L·s + excess. So output u is real if and only if the input is real
 * at position ⌊(u − excess) / s⌋, or at position 0 if that is before the start.
 */
export function maskOfSpread(g: GraphBuilder, mask: Node, { stride, excess, count }: SpreadAlongTime): Node {
  if (stride === 1 && excess === 0) return mask;
  const numbers = asNumbers(g, mask);
  const repeated = (x: Node, times: number): Node => {
    const size = Number(x.type.shape[1]);
    return g.reshape(g.repeatAlong(x, [2], ["n", size, times]), { shape: ["n", size * times] });
  };
  const front = Math.max(excess, 0);
  const start = [0, Math.max(-excess, 0)];
  const rest = g.slice(repeated(numbers, stride), { start, shape: ["n", count - front] });
  if (front === 0) return g.part("mask", isOne(g, rest));
  const first = g.slice(numbers, { start: [0, 0], shape: ["n", 1] });
  return g.part("mask", isOne(g, g.concat(repeated(first, front), rest, { axis: 1 })));
}

/** Whether the next (1) or the previous (−1) position is real, for each element of a value of this shape. */
export function besideInMask(g: GraphBuilder, mask: Node, step: 1 | -1, shape: Shape): Node {
  const length = positionsOf(mask);
  const padded = g.pad(asNumbers(g, mask), { before: [0, 1], after: [0, 1], value: 0 });
  const beside = g.slice(padded, { start: [0, 1 + step], shape: ["n", length] });
  return alongPositions(g, isOne(g, beside), shape);
}

/** A number below every score. It is finite, so that the result for a row of padding is not NaN. */
const lowest = -1e30;

/**
 * Applies f along the last axis, over the elements where the condition is true. Elsewhere, the result is 0.
 */
export const maskedAlongLast = (
  g: GraphBuilder,
  x: Node,
  isReal: Node,
  f: (g: GraphBuilder, x: Node) => Node,
): Node => g.select(isReal, f(g, g.part("masked", g.select(isReal, x, lowest))), 0);

/**
 * Applies softmax along the last axis, over the elements where the condition is true. Elsewhere, the result
 * is 0, like e^(−∞). The sum of the exponentials is at least 1, or 0 if no condition is true. In that case,
 * the divisor is 1, so that all results are 0.
 *
 *     m = max_j x_j        e_j = exp(x_j − m)        s = Σ_j e_j        y_j = e_j / (s + [s < 1/2])
 */
export function maskedSoftmax(g: GraphBuilder, x: Node, isReal: Node): Node {
  const axes = [lastAxis(x)];
  const masked = g.part("masked", g.select(isReal, x, -Infinity));
  const maximum = g.maximum(g.reduceMax(masked, { axes }), lowest);
  const shift = g.stopGradient(g.part("maximum", maximum));
  const shifted = g.part("shifted", g.subtract(masked, alongLastAxis(g, shift, x)));
  const exponentials = g.part("exponentials", g.exp(shifted));
  const sum = g.part("sum_of_exponentials", g.reduceSum(exponentials, { axes }));
  const isEmpty = g.stopGradient(g.cast(g.less(sum, 0.5), { element: g.float }));
  return g.divide(exponentials, alongLastAxis(g, g.part("divisor", g.add(sum, isEmpty)), x));
}
