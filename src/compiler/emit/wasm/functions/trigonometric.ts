// Sine and cosine on four lanes of f32. The largest errors found, in units in the last place:
//
//   sin  1.56
//   cos  1.58
//
// Arguments beyond 10⁵ are rare. If a lane has one, all four lanes call the runtime's function, which reduces
// angles of any size.
import {
  absolute,
  add,
  addIntegers,
  and,
  addDoubles,
  doubles,
  exclusiveOr,
  fromDoubles,
  integers,
  laneByLane,
  less,
  lowWords,
  multiply,
  multiplyDoubles,
  polynomial,
  select,
  shiftLeft,
  shiftRight,
  signBits,
  subtract,
  subtractDoubles,
  toDoubles,
  upperHalf,
  vectorFunction,
  type Step,
} from "./text.ts";

/**
 * Adding this to a double below 2⁵¹ leaves no bits for a fraction, so the last bits are the integer part.
 */
const rounding = doubles(6755399441055744);

/**
 * a = n π/2 + r with |r| ≤ π/4, where n is the integer nearest to 2a/π. It is computed in doubles, because
 * near a multiple of π/2 the difference r has few significant bits. In f32, π/2 would have to be a sum of six
 * numbers. In doubles it is a sum of two; the first has only 33 bits, so its product with n is exact.
 */
const reduction = (half: "low" | "high", lanes: string): readonly Step[] => [
  [half, toDoubles(lanes)],
  [`${half}Turn`, addDoubles(multiplyDoubles(half, doubles(0.6366197723675814)), rounding)],
  ["n", subtractDoubles(`${half}Turn`, rounding)],
  [
    half,
    subtractDoubles(
      subtractDoubles(half, multiplyDoubles("n", doubles(1.5707963267341256))),
      multiplyDoubles("n", doubles(6.077100506506192e-11)),
    ),
  ],
];

/**
 * sin(|x| + quarter · π/2). The sum quarter + n selects one of ±sin r and ±cos r. Both are minimax
 * polynomials (Remez); the error is 2⁻²⁸ relative to the sine and 2⁻³² in the cosine.
 */
const sinOfQuarters = (quarter: 0 | 1): readonly Step[] => [
  ["size", absolute("x")],
  ...reduction("low", "(local.get $size)"),
  ...reduction("high", upperHalf("size")),
  ["turn", addIntegers(lowWords("lowTurn", "highTurn"), integers(quarter))],
  ["r", fromDoubles("low", "high")],
  ["z", multiply("r", "r")],
  [
    "sine",
    add(
      "r",
      multiply(
        multiply("r", "z"),
        polynomial("z", [-0.16666655242443085, 0.008332190103828907, -0.00019518405315466225]),
      ),
    ),
  ],
  [
    "cosine",
    add(
      subtract(1, multiply("z", 0.5)),
      multiply(
        multiply("z", "z"),
        polynomial("z", [0.041666653007268906, -0.0013887617969885468, 2.446317557769362e-5]),
      ),
    ),
  ],
  ["value", select(shiftRight(shiftLeft("turn", 31), 31), "cosine", "sine")],
  ["value", exclusiveOr("value", shiftLeft(shiftRight("turn", 1), 31))],
];

/** The value, or the results of the runtime's function for each lane if any lane is beyond 10⁵. */
const anySize = (name: "sin" | "cos", value: string): string =>
  `(if (result v128) (v128.any_true ${less(1e5, "size")}) (then ${laneByLane(name)}) (else ${value}))`;

/** sin x = −sin(−x); NaN at ±∞. */
export const sin = vectorFunction(
  "sin_f32x4",
  ["x"],
  sinOfQuarters(0),
  anySize("sin", exclusiveOr("value", and("x", signBits))),
);

/** cos x = sin(|x| + π/2); NaN at ±∞. */
export const cos = vectorFunction("cos_f32x4", ["x"], sinOfQuarters(1), anySize("cos", "(local.get $value)"));
