/** Pointwise ops on balls: see ball.ts. */
import type { OpName } from "../../src/compiler/ir/nodes.ts";
import { ballOf, isExact, lower, rounded, upper } from "./ball.ts";
import type { Ball } from "./ball.ts";
import { apart, evaluated, midOf, roundingOf } from "./ball-evaluation.ts";
import type { Evaluation } from "./ball-evaluation.ts";

/**
 * The number of roundings of a pointwise op. The error of an elementary function is at most 2 units in the
 * last place, which counts as 4 roundings.
 */
const roundingsOf: Readonly<Partial<Record<OpName, number>>> = {
  add: 1,
  subtract: 1,
  multiply: 1,
  divide: 1,
  sqrt: 1,
  cast: 1,
  exp: 4,
  expm1: 4,
  log: 4,
  log1p: 4,
  tanh: 4,
  sigmoid: 4,
  erf: 4,
  power: 4,
  sin: 4,
  cos: 4,
};

/** The ball with this midpoint and radius, plus the rounding of the result. */
function finished({ node, shape }: Evaluation, mid: Float64Array, rad: (i: number) => number): Ball {
  const [roundings, precision] = [roundingsOf[node.op] ?? 0, roundingOf(node)];
  return ballOf(
    shape,
    mid,
    mid.map((m, i) => rounded(m, rad(i), roundings, precision)),
  );
}

/** f(x) of a monotonic function. */
export function monotone(evaluation: Evaluation): Ball {
  const mid = midOf(evaluation);
  if (isExact(evaluation.operands.x)) return finished(evaluation, mid, () => 0);
  // The operand of a square root is a sum of squares, which is not negative.
  const least =
    evaluation.node.op === "sqrt" ? (ball: Ball) => lower(ball).map((x) => Math.max(0, x)) : lower;
  const [high, low] = [evaluated(evaluation, upper), evaluated(evaluation, least)];
  return finished(evaluation, mid, (i) => Math.max(apart(high[i], mid[i]), apart(low[i], mid[i])));
}

/** The ball of f(x), if the slope of f is at most 1 and its values differ by at most `most`. */
export function lipschitz(evaluation: Evaluation, most: number): Ball {
  const { x } = evaluation.operands;
  return finished(evaluation, midOf(evaluation), (i) => Math.min(most, x.rad[i]));
}

export function sign(evaluation: Evaluation): Ball {
  const { x } = evaluation.operands;
  return finished(evaluation, midOf(evaluation), (i) => {
    if (Math.abs(x.mid[i]) > x.rad[i] || x.rad[i] === 0) return 0;
    return x.mid[i] === 0 ? 1 : 2;
  });
}

export function binary(
  evaluation: Evaluation,
  radius: (x: number, ex: number, y: number, ey: number, z: number) => number,
): Ball {
  const { x, y } = evaluation.operands;
  const mid = midOf(evaluation);
  return finished(evaluation, mid, (i) => {
    if (x.rad[i] === 0 && y.rad[i] === 0) return 0;
    const rad = radius(x.mid[i], x.rad[i], y.mid[i], y.rad[i], mid[i]);
    return Number.isNaN(rad) ? Infinity : rad;
  });
}

/** The radius of x − y or x + y. Whatever is added to an exact infinity, the sum is exactly that infinity. */
export const difference = (x: number, ex: number, y: number, ey: number, z: number): number =>
  Math.abs(z) === Infinity &&
  ((Math.abs(x) === Infinity && ex === 0) || (Math.abs(y) === Infinity && ey === 0))
    ? 0
    : ex + ey;

export const product = (x: number, ex: number, y: number, ey: number): number =>
  // A factor that is exactly zero makes the product zero.
  (x === 0 && ex === 0) || (y === 0 && ey === 0) ? 0 : Math.abs(x) * ey + Math.abs(y) * ex + ex * ey;

export const quotient = (x: number, ex: number, y: number, ey: number, z: number): number => {
  if (x === 0 && ex === 0 && Math.abs(y) > ey) return 0;
  return Math.abs(y) > ey ? (ex + Math.abs(z) * ey) / (Math.abs(y) - ey) : Infinity;
};

/**
 * The radius of x^y. For x > 0, the extremes are at the corners of the rectangle of x and y. Otherwise, for
 * integer y, they may also be at x = 0.
 */
export function powerRadius(x: number, ex: number, y: number, ey: number, z: number): number {
  const xs = Math.abs(x) <= ex ? [x - ex, 0, x + ex] : [x - ex, x + ex];
  if (xs[0] < 0 && (ey > 0 || y % 1 !== 0 || (y < 0 && xs.length === 3))) return Infinity;
  return Math.max(...xs.flatMap((at) => [y - ey, y + ey].map((exponent) => apart(at ** exponent, z))));
}

/**
 * The larger or the smaller of two operands. If the intervals of the operands are disjoint, it is certain
 * which operand is selected.
 */
export function extremeOfTwo(x: number, ex: number, y: number, ey: number, z: number): number {
  if (Math.abs(x - y) > ex + ey) return z === x ? ex : ey;
  return Math.max(ex, ey);
}

/**
 * A comparison. Its radius is 1 if the intervals of the operands overlap, unless the operands are copies of
 * one number.
 */
export function comparison(evaluation: Evaluation): Ball {
  const { x, y } = evaluation.operands;
  const mid = midOf(evaluation);
  const [a, b] = [x.ids(), y.ids()];
  return ballOf(
    evaluation.shape,
    mid,
    mid.map((_, i) => {
      const reach = x.rad[i] + y.rad[i];
      return reach === 0 || a[i] === b[i] || Math.abs(x.mid[i] - y.mid[i]) > reach ? 0 : 1;
    }),
  );
}

/** A select. If it is uncertain whether the condition is true, the result is the hull of both values. */
export function select(evaluation: Evaluation): Ball {
  const { condition, x, y } = evaluation.operands;
  const mid = midOf(evaluation);
  const rad = mid.map((_, i) => {
    const [chosen, other] = condition.mid[i] !== 0 ? [x, y] : [y, x];
    if (condition.rad[i] === 0) return chosen.rad[i];
    return Math.max(chosen.rad[i], apart(chosen.mid[i], other.mid[i]) + other.rad[i]);
  });
  const ids = () => {
    const [ofX, ofY, fresh] = [x.ids(), y.ids(), ballOf([], mid, rad).ids()];
    return fresh.map((id, i) => (condition.rad[i] > 0 ? id : condition.mid[i] !== 0 ? ofX[i] : ofY[i]));
  };
  return ballOf(evaluation.shape, mid, rad, ids);
}

export function constant(evaluation: Evaluation): Ball {
  const mid = midOf(evaluation);
  const isSingle = evaluation.node.type.element === "f32";
  return ballOf(
    evaluation.shape,
    mid,
    mid.map((m) => (isSingle ? apart(Math.fround(m), m) : 0)),
  );
}
