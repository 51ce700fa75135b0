/**
 * Ball arithmetic on tensors: every element is a midpoint in doubles and a radius, an upper bound of the
 * distance between the midpoint and a computation of the graph in a given precision. The radius grows for two
 * reasons:
 *
 *     the operands' radii     |f(x + e) − f(x)| for all |e| ≤ rad x: for monotonic f at the ends of the
 *                             interval, for sums Σ rad, for products |x| rad y + |y| rad x + rad x · rad y
 *     rounding of the result  k · u · (|z| + rad z) for k roundings of unit u (2⁻²⁴ or 2⁻⁵³); for a sum of
 *                             n terms in any order γ(n) · Σ |x|, where γ(n) = n u / (1 − n u)
 *                             (N. Higham, 2002, section 4.2)
 *
 * Functions are within 2 units in the last place, as stated in the headers of `emit/wasm/functions/` and
 * `runtime/`, so k = 4. Results below the smallest normal number may be flushed to zero. A result that may
 * overflow has an infinite radius.
 *
 * A comparison whose sides overlap may be true or false: its radius is 1, and a select by it is the hull of
 * both values. So kinks need no exception: around a kink the bound is as large as the jump.
 *
 * `ids` mark elements that are copies of the same computed number; views and maxima propagate them. A number
 * equals its copy however it was rounded, so the comparison of a maximum with the element that it was taken
 * from is certain.
 */
import type { ElementType } from "../../src/compiler/ir/types.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";

export interface Ball {
  readonly shape: readonly number[];
  readonly mid: Float64Array;
  readonly rad: Float64Array;
  /** Equal numbers of equal id are copies of each other. */
  ids(): Float64Array;
}

/** The rounding of an element type. */
export interface Precision {
  /** The largest relative error of one rounding. */
  readonly unit: number;
  /** The smallest normal number. */
  readonly tiny: number;
  readonly largest: number;
}

const single: Precision = { unit: 2 ** -24, tiny: 2 ** -126, largest: 3.4028234663852886e38 };
const double: Precision = { unit: 2 ** -53, tiny: 2 ** -1022, largest: Number.MAX_VALUE };
const exact: Precision = { unit: 0, tiny: 0, largest: Infinity };

export const precisionOf = (element: ElementType): Precision =>
  ({ f32: single, f64: double, i32: exact, bool: exact })[element];

let nextId = 0;

/** Ids that no other element has. */
function freshIds(count: number): Float64Array {
  const first = nextId;
  nextId += count;
  return new Float64Array(count).map((_, i) => first + i);
}

/** A ball. Without `ids`, its elements are not copies of others. */
export function ballOf(
  shape: readonly number[],
  mid: Float64Array,
  rad: Float64Array,
  ids: () => Float64Array = () => freshIds(mid.length),
): Ball {
  let known: Float64Array | undefined;
  return { shape, mid, rad, ids: () => (known ??= ids()) };
}

/** Numbers without error. */
export const exactBall = ({ shape, data }: Tensor): Ball =>
  ballOf(shape, data, new Float64Array(data.length));

/**
 * The balls of an op's operands, by name. `read` computes a tensor from each: midpoint, radius, or one end of
 * the interval.
 */
export type Operands = Readonly<Record<string, Ball>>;

export const tensorsOf = (
  operands: Operands,
  read: (ball: Ball, name: string) => Float64Array,
): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(operands).map(([name, ball]) => [name, { shape: ball.shape, data: read(ball, name) }]),
  );

const combined = (x: Float64Array, y: Float64Array, f: (x: number, y: number) => number): Float64Array =>
  x.map((value, i) => f(value, y[i]));

export const upper = ({ mid, rad }: Ball): Float64Array => combined(mid, rad, (m, r) => m + r);
export const lower = ({ mid, rad }: Ball): Float64Array => combined(mid, rad, (m, r) => m - r);
/** The largest absolute value within each ball. */
export const sizes = ({ mid, rad }: Ball): Float64Array => combined(mid, rad, (m, r) => Math.abs(m) + r);

export const isExact = ({ rad }: Ball): boolean => rad.every((r) => r === 0);

/**
 * The radius with the rounding of the result: `roundings` times the unit, flushing to zero, overflow. An
 * infinity that comes from an exact infinity is exact. The radius NaN means that there is no bound.
 */
export function rounded(
  mid: number,
  rad: number,
  roundings: number,
  { unit, tiny, largest }: Precision,
): number {
  if (Number.isNaN(mid)) return Infinity;
  if (!Number.isFinite(mid)) return rad === 0 ? 0 : Infinity;
  if (mid === 0 && rad === 0) return 0;
  const size = Math.abs(mid) + rad;
  if (!(size < largest)) return Infinity;
  const flushed = size < tiny * 2 ** 24 && roundings > 0 ? tiny : 0;
  return rad + roundings * unit * size + flushed;
}

/** γ(n) for the unit of the precision. */
export const gamma = (count: number, { unit }: Precision): number => (count * unit) / (1 - count * unit);
