// Sine and cosine on four lanes of f32. Worst errors seen, in units in the last place:
//
//   sin  1.56
//   cos  1.58
//
// Lanes beyond 10⁵ are rare: all four then go to the runtime's function, which reduces an angle of any size.
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

/** Added to a double below 2⁵¹ it leaves no bits for a fraction, and the last bits are the integer part. */
const rounding = doubles(6755399441055744);

/**
 * With n the whole number nearest to 2a/π, a = n π/2 + r, |r| ≤ π/4, in doubles: near a multiple of π/2 r has
 * few bits left, which would take a sum of six numbers of f32 for π/2. It is one of two doubles, the first so
 * short (33 bits) that n times it is exact.
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
 * sin(|x| + quarter · π/2): quarter + n says which of ±sin r and ±cos r it is; minimax polynomials (Remez),
 * of error 2⁻²⁸ relative to the sine and 2⁻³² in the cosine.
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

/** The value, unless a lane is beyond what the steps reduce: then that of the runtime's function, lane by lane. */
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
