/** How each op of the graph IR maps balls to balls: see ball.ts. Midpoints are the ops' own reference evaluation. */
import type { Node, OpName } from "../../src/ir/nodes.ts";
import { evaluateOp } from "../../src/ops/index.ts";
import {
  ballOf,
  exactBall,
  gamma,
  isExact,
  lower,
  precisionOf,
  rounded,
  sizes,
  tensorsOf,
  upper,
} from "./ball.ts";
import type { Ball, Operands, Precision } from "./ball.ts";

/** Roundings of a pointwise op, in units: a function is within 2 units in the last place, which are 4. */
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

/** One evaluation of an op. */
export interface Evaluation {
  readonly node: Node;
  readonly operands: Operands;
  readonly shape: readonly number[];
  readonly rows: number;
}

type Read = (ball: Ball, name: string) => Float64Array;

/** The op on one tensor made of each ball. */
const evaluated = ({ node, operands, shape, rows }: Evaluation, read: Read, of = node): Float64Array =>
  evaluateOp(of, tensorsOf(operands, read), shape, rows).data;

const midOf = (evaluation: Evaluation): Float64Array => evaluated(evaluation, ({ mid }) => mid);

const roundingOf = (node: Node): Precision => precisionOf(node.type.element);

/** The distance of two numbers; of equal infinities 0, and no bound where it is not a number. */
function apart(a: number, b: number): number {
  if (a === b) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : distance;
}

/** A ball with the result's own rounding. */
function finished({ node, shape }: Evaluation, mid: Float64Array, rad: (i: number) => number): Ball {
  const [roundings, precision] = [roundingsOf[node.op] ?? 0, roundingOf(node)];
  return ballOf(
    shape,
    mid,
    mid.map((m, i) => rounded(m, rad(i), roundings, precision)),
  );
}

/** f(x) of a function that only rises or only falls. */
function monotone(evaluation: Evaluation): Ball {
  const mid = midOf(evaluation);
  if (isExact(evaluation.operands.x)) return finished(evaluation, mid, () => 0);
  // What is computed as a root is a sum of squares, which is never below zero.
  const least =
    evaluation.node.op === "sqrt" ? (ball: Ball) => lower(ball).map((x) => Math.max(0, x)) : lower;
  const [high, low] = [evaluated(evaluation, upper), evaluated(evaluation, least)];
  return finished(evaluation, mid, (i) => Math.max(apart(high[i], mid[i]), apart(low[i], mid[i])));
}

/** f(x) that moves no more than x does, and at most by `most`. */
function lipschitz(evaluation: Evaluation, most: number): Ball {
  const { x } = evaluation.operands;
  return finished(evaluation, midOf(evaluation), (i) => Math.min(most, x.rad[i]));
}

function sign(evaluation: Evaluation): Ball {
  const { x } = evaluation.operands;
  return finished(evaluation, midOf(evaluation), (i) => {
    if (Math.abs(x.mid[i]) > x.rad[i] || x.rad[i] === 0) return 0;
    return x.mid[i] === 0 ? 1 : 2;
  });
}

function binary(
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

/** Of a sum as well. An exact infinity swallows what is added to it. */
const difference = (x: number, ex: number, y: number, ey: number, z: number): number =>
  Math.abs(z) === Infinity &&
  ((Math.abs(x) === Infinity && ex === 0) || (Math.abs(y) === Infinity && ey === 0))
    ? 0
    : ex + ey;

const product = (x: number, ex: number, y: number, ey: number): number =>
  // A factor that is exactly zero gives zero, whatever the other is.
  (x === 0 && ex === 0) || (y === 0 && ey === 0) ? 0 : Math.abs(x) * ey + Math.abs(y) * ex + ex * ey;

const quotient = (x: number, ex: number, y: number, ey: number, z: number): number => {
  if (x === 0 && ex === 0 && Math.abs(y) > ey) return 0;
  return Math.abs(y) > ey ? (ex + Math.abs(z) * ey) / (Math.abs(y) - ey) : Infinity;
};

/** x^y has its extremes at the corners of the box where x > 0; elsewhere, of whole y, also at x = 0. */
function powerRadius(x: number, ex: number, y: number, ey: number, z: number): number {
  const xs = Math.abs(x) <= ex ? [x - ex, 0, x + ex] : [x - ex, x + ex];
  if (xs[0] < 0 && (ey > 0 || y % 1 !== 0 || (y < 0 && xs.length === 3))) return Infinity;
  return Math.max(...xs.flatMap((at) => [y - ey, y + ey].map((exponent) => apart(at ** exponent, z))));
}

/** The larger or smaller: certain where the intervals are apart. */
function extremeOfTwo(x: number, ex: number, y: number, ey: number, z: number): number {
  if (Math.abs(x - y) > ex + ey) return z === x ? ex : ey;
  return Math.max(ex, ey);
}

/** A comparison: wrong by 1 where the sides overlap, but for copies of one number. */
function comparison(evaluation: Evaluation): Ball {
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

/** By a condition that may go either way: the hull of both. */
function select(evaluation: Evaluation): Ball {
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

/** Elements in other places. Padding is exact, and a copy of nothing. */
function view(evaluation: Evaluation): Ball {
  const { node } = evaluation;
  const padded = (value: number): Node =>
    node.op === "pad" ? { ...node, attributes: { ...node.attributes, value } } : node;
  // Only x and y hold numbers; indices stay what they are.
  const read =
    (part: (ball: Ball) => Float64Array): Read =>
    (ball, name) =>
      name === "indices" ? ball.mid : part(ball);
  return ballOf(
    evaluation.shape,
    midOf(evaluation),
    evaluated(
      evaluation,
      read(({ rad }) => rad),
      padded(0),
    ),
    () =>
      evaluated(
        evaluation,
        read((ball) => ball.ids()),
        padded(-1),
      ),
  );
}

/** How many terms each element of a sum has. */
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

/** Sums: Σ rad, and γ(n) · Σ |x|. */
function sum(evaluation: Evaluation): Ball {
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
  // For a product Σ (|x| + rad x)(|y| + rad y) − Σ |x| |y|; for a sum the same is Σ rad.
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

/** Σ |x| rad y + rad x (|y| + rad y). */
function contractSpread(evaluation: Evaluation): Float64Array {
  const first = evaluated(evaluation, (ball, name) => (name === "x" ? ball.mid.map(Math.abs) : ball.rad));
  const second = evaluated(evaluation, (ball, name) => (name === "x" ? ball.rad : sizes(ball)));
  return first.map((value, i) => value + second[i]);
}

/** A maximum of many. Where it is certain which one it is, the result is a copy of it. */
function reduceMax(evaluation: Evaluation): Ball {
  const { node, operands, shape } = evaluation;
  const mid = midOf(evaluation);
  if (node.op !== "reduceMax") return ballOf(shape, mid, mid);
  const [high, low] = [evaluated(evaluation, upper), evaluated(evaluation, lower)];
  const rad = mid.map((m, i) => Math.max(apart(high[i], m), apart(low[i], m)));
  const ids = () => {
    const { x } = operands;
    // Those that may be the largest: of one id they are one number, and the result is its copy.
    const result = ballOf([], mid, rad).ids().slice();
    const [idsOfX, candidates] = [x.ids(), mid.map(() => 0)];
    const inner = largestOf(x, node.attributes.axes, shape);
    inner.forEach((to, from) => {
      if (x.mid[from] + x.rad[from] < low[to]) return;
      candidates[to] = candidates[to] === 0 || result[to] === idsOfX[from] ? 1 : 2;
      if (candidates[to] === 1) result[to] = idsOfX[from];
    });
    const fresh = ballOf([], mid, rad).ids();
    return result.map((id, i) => (candidates[i] === 1 ? id : fresh[i]));
  };
  return ballOf(shape, mid, rad, ids);
}

/** For each element of x, the element of the result that it goes into. */
function largestOf({ shape }: Ball, axes: readonly number[], to: readonly number[]): Int32Array {
  const strides = new Array<number>(to.length).fill(1);
  for (let axis = to.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * to[axis + 1];
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const at = shape.map(() => 0);
  const count = shape.reduce((n, size) => n * size, 1);
  return new Int32Array(count).map(() => {
    const place = kept.reduce((sum, axis, i) => sum + at[axis] * strides[i], 0);
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis] === shape[axis]; axis--) at[axis] = 0;
    return place;
  });
}

function constant(evaluation: Evaluation): Ball {
  const mid = midOf(evaluation);
  const isSingle = evaluation.node.type.element === "f32";
  return ballOf(
    evaluation.shape,
    mid,
    mid.map((m) => (isSingle ? apart(Math.fround(m), m) : 0)),
  );
}

/** What an op makes of balls; leaves and scans are the interpreter's. */
export function evaluateBall(evaluation: Evaluation): Ball {
  const { node, operands } = evaluation;
  switch (node.op) {
    case "stopGradient":
    case "reshape":
    case "transpose":
    case "broadcast":
    case "slice":
    case "pad":
    case "concat":
    case "window":
    case "gather":
      return view(evaluation);
    case "reduceSum":
    case "contract":
    case "fold":
    case "scatterAdd":
      return sum(evaluation);
    case "reduceMax":
      return reduceMax(evaluation);
    case "absolute":
    case "relu":
    case "negate":
      return lipschitz(evaluation, Infinity);
    case "sin":
    case "cos":
      return lipschitz(evaluation, 2);
    case "sign":
      return sign(evaluation);
    case "add":
    case "subtract":
      return binary(evaluation, difference);
    case "multiply":
      return binary(evaluation, product);
    case "divide":
      return binary(evaluation, quotient);
    case "power":
      return binary(evaluation, powerRadius);
    case "maximum":
    case "minimum":
      return binary(evaluation, extremeOfTwo);
    case "less":
    case "lessEqual":
    case "equal":
      return comparison(evaluation);
    case "select":
      return select(evaluation);
    case "constant":
      return constant(evaluation);
    case "cast":
      return operands.x.mid.length > 0 && sameElement(node) ? view(evaluation) : monotone(evaluation);
    case "exp":
    case "expm1":
    case "log":
    case "log1p":
    case "sqrt":
    case "tanh":
    case "sigmoid":
    case "erf":
      return monotone(evaluation);
    default:
      return exactBall({ shape: evaluation.shape, data: midOf(evaluation) });
  }
}

/** Whether a cast changes no number: to the same type, or to a wider one. */
const sameElement = ({ op, type, operands }: Node): boolean =>
  op === "cast" &&
  "x" in operands &&
  type.element !== "i32" &&
  (type.element === "f64" || operands.x.type.element !== "f64");
