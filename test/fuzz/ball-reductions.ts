/** Sums and maxima of balls: see ball.ts. */
import { ballOf, gamma, isExact, lower, rounded, sizes, upper } from "./ball.ts";
import type { Ball } from "./ball.ts";
import { apart, evaluated, midOf, roundingOf } from "./ball-evaluation.ts";
import type { Evaluation, Read } from "./ball-evaluation.ts";

/** The number of terms in each element of a sum. */
function termsOf({ node, operands }: Evaluation): number {
  const sizeAlong = (ball: Ball, axes: readonly number[]) =>
    axes.reduce((n, axis) => n * ball.shape[axis], 1);
  switch (node.op) {
    case "reduceSum":
      return sizeAlong(operands.x, node.attributes.axes) - 1;
    case "contract":
      return sizeAlong(operands.x, node.attributes.sumX);
    case "fold":
      return node.attributes.size.reduce((n, size) => n * size, 1) - 1;
    default:
      return operands.indices.mid.length;
  }
}

/** The radius of a sum: Σ rad, plus γ(n) · Σ |x| for rounding. */
export function sum(evaluation: Evaluation): Ball {
  const { node, shape } = evaluation;
  const precision = roundingOf(node);
  const factor = gamma(termsOf(evaluation), precision);
  const mid = midOf(evaluation);
  const read =
    (part: (ball: Ball) => Float64Array): Read =>
    (ball, name) =>
      name === "indices" ? ball.mid : part(ball);
  const absolute = read(({ mid }) => mid.map(Math.abs));
  const large = evaluated(evaluation, read(sizes));
  // For a product, the radius is Σ (|x| + rad x)(|y| + rad y) − Σ |x| |y|. For a sum, it is Σ rad.
  const isSpread = !Object.entries(evaluation.operands).every(
    ([name, ball]) => name === "indices" || isExact(ball),
  );
  const spread = !isSpread
    ? undefined
    : node.op === "contract"
      ? contractSpread(evaluation)
      : evaluated(
          evaluation,
          read(({ rad }) => rad),
        );
  const zero = isSpread ? undefined : evaluated(evaluation, absolute);
  return ballOf(
    shape,
    mid,
    mid.map((m, i) => {
      const inherited = spread?.[i] ?? 0;
      if (zero?.[i] === 0) return 0;
      const rad = inherited + factor * large[i];
      return rounded(m, Number.isNaN(rad) ? Infinity : rad, 0, precision);
    }),
  );
}

/** Σ (|x| rad y + rad x (|y| + rad y)). */
function contractSpread(evaluation: Evaluation): Float64Array {
  const first = evaluated(evaluation, (ball, name) => (name === "x" ? ball.mid.map(Math.abs) : ball.rad));
  const second = evaluated(evaluation, (ball, name) => (name === "x" ? ball.rad : sizes(ball)));
  return first.map((value, i) => value + second[i]);
}

/**
 * The slot of an operand's element: the element of the result to which it contributes, and its position among
 * the terms of that element.
 */
interface Slot {
  readonly to: number;
  readonly place: number;
}

/** The slot of each element of x, in row-major order. */
function slotsOf({ shape }: Ball, axes: readonly number[]): readonly Slot[] {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const at = shape.map(() => 0);
  const positionIn = (list: readonly number[]) =>
    list.reduce((position, axis) => position * shape[axis] + at[axis], 0);
  const count = shape.reduce((n, size) => n * size, 1);
  return Array.from({ length: count }, () => {
    const slot = { to: positionIn(kept), place: positionIn(axes) };
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis] === shape[axis]; axis--) at[axis] = 0;
    return slot;
  });
}

/**
 * A maximum of many elements. If it is certain which element is the largest, the result is a copy of that
 * element.
 */
export function reduceMax(evaluation: Evaluation): Ball {
  const { node, operands, shape } = evaluation;
  const mid = midOf(evaluation);
  if (node.op !== "reduceMax") return ballOf(shape, mid, mid);
  const [high, low] = [evaluated(evaluation, upper), evaluated(evaluation, lower)];
  const rad = mid.map((m, i) => Math.max(apart(high[i], m), apart(low[i], m)));
  const ids = () => {
    const { x } = operands;
    // These elements may be the largest. If they all have the same id, they are the same number, and the
    // result is a copy of it.
    const fresh = ballOf([], mid, rad).ids();
    const result = fresh.slice();
    const [idsOfX, candidates] = [x.ids(), mid.map(() => 0)];
    slotsOf(x, node.attributes.axes).forEach(({ to }, from) => {
      if (x.mid[from] + x.rad[from] < low[to]) return;
      candidates[to] = candidates[to] === 0 || result[to] === idsOfX[from] ? 1 : 2;
      if (candidates[to] === 1) result[to] = idsOfX[from];
    });
    return result.map((id, i) => (candidates[i] === 1 ? id : fresh[i]));
  };
  return ballOf(shape, mid, rad, ids);
}

/**
 * The position of the largest element. The radius is the distance to the furthest element that may be larger.
 * A later copy of the same number is not larger.
 */
export function argMax(evaluation: Evaluation): Ball {
  const { node, operands, shape } = evaluation;
  const mid = midOf(evaluation);
  const rad = new Float64Array(mid.length);
  if (node.op !== "argMax" || isExact(operands.x)) return ballOf(shape, mid, rad);
  const { x } = operands;
  const [slots, ids] = [slotsOf(x, node.attributes.axes), x.ids()];
  const chosen = new Int32Array(mid.length);
  slots.forEach(({ to, place }, from) => place === mid[to] && (chosen[to] = from));
  slots.forEach(({ to, place }, from) => {
    const best = chosen[to];
    const isCopy = ids[from] === ids[best];
    if (!isCopy && x.mid[from] + x.rad[from] >= x.mid[best] - x.rad[best])
      rad[to] = Math.max(rad[to], Math.abs(place - mid[to]));
  });
  return ballOf(shape, mid, rad);
}
