/**
 * How each op of the graph IR maps balls to balls: see ball.ts. Midpoints are computed by the ops' own
 * reference evaluation.
 */
import { isElementary } from "../../src/compiler/ir/nodes.ts";
import type { ElementaryName, Node } from "../../src/compiler/ir/nodes.ts";
import { ballOf, exactBall } from "./ball.ts";
import type { Ball } from "./ball.ts";
import { apart, evaluated, midOf } from "./ball-evaluation.ts";
import type { Evaluation, Read } from "./ball-evaluation.ts";
import {
  binary,
  comparison,
  constant,
  difference,
  extremeOfTwo,
  lipschitz,
  monotone,
  powerRadius,
  product,
  quotient,
  select,
  sign,
} from "./ball-pointwise.ts";
import { argMax, reduceMax, sum } from "./ball-reductions.ts";

/** Rearranges elements. Padding is exact, except for rounding to f32, and is not a copy of any element. */
function view(evaluation: Evaluation): Ball {
  const { node } = evaluation;
  const padded = (value: number): Node =>
    node.op === "pad" ? { ...node, attributes: { ...node.attributes, value } } : node;
  const fill = node.op === "pad" && node.type.element === "f32" ? node.attributes.value : 0;
  // Only x and y contain numbers; indices are unchanged.
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
      padded(apart(Math.fround(fill), fill)),
    ),
    () =>
      evaluated(
        evaluation,
        read((ball) => ball.ids()),
        padded(-1),
      ),
  );
}

/**
 * Balls of elementary functions. The result of a function that is not in this table has no bound, so the
 * fuzzer accepts any number.
 */
const elementaryBalls: { readonly [K in ElementaryName]?: (evaluation: Evaluation) => Ball } = {
  exp: monotone,
  expm1: monotone,
  log: monotone,
  log1p: monotone,
  tanh: monotone,
  sigmoid: monotone,
  erf: monotone,
  sin: (evaluation) => lipschitz(evaluation, 2),
  cos: (evaluation) => lipschitz(evaluation, 2),
};

const anything = (evaluation: Evaluation): Ball => {
  const mid = midOf(evaluation);
  return ballOf(
    evaluation.shape,
    mid,
    mid.map(() => Infinity),
  );
};

/** The result of an op on balls. The interpreter handles leaves and scans. */
export function evaluateBall(evaluation: Evaluation): Ball {
  const { node, operands } = evaluation;
  const { op } = node;
  if (isElementary(op)) return (elementaryBalls[op] ?? anything)(evaluation);
  switch (op) {
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
    case "argMax":
      return argMax(evaluation);
    case "floor":
      return monotone(evaluation);
    case "absolute":
    case "relu":
    case "negate":
      return lipschitz(evaluation, Infinity);
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
    case "sqrt":
      return monotone(evaluation);
    case "iota":
    case "batchSize":
    case "random":
      // Random numbers have the same bits on every target.
      return exactBall({ shape: evaluation.shape, data: midOf(evaluation) });
    case "input":
    case "parameter":
    case "state":
    case "argument":
    case "scan":
      throw new Error(`${node.op} is given, or evaluated by ball-graph.ts`);
  }
}

/** Whether a cast changes no number: to the same type, or to a wider one. */
const sameElement = ({ op, type, operands }: Node): boolean =>
  op === "cast" &&
  "x" in operands &&
  type.element !== "i32" &&
  (type.element === "f64" || operands.x.type.element !== "f64");
