// Logarithms on four lanes of f32. The largest errors found in sweeps over all of f32, in units in the last
// place:
//
//   log    0.84
//   log1p  1.40
import {
  add,
  addIntegers,
  and,
  atLeastAsLarge,
  divide,
  equal,
  fromIntegers,
  integers,
  less,
  multiply,
  not,
  or,
  polynomial,
  select,
  shiftLeft,
  shiftRight,
  signBits,
  subtract,
  subtractIntegers,
  vectorFunction,
  type Step,
} from "./text.ts";

/** The integer k with u = 2ᵏ m and √½ ≤ m < √2, from the bits of u. 0x3f3504f3 are the bits of √½. */
export const exponent = shiftRight(subtractIntegers("u", integers(0x3f3504f3)), 23);
/** The number m with u = 2ᵏ m. */
export const significand = subtractIntegers("u", shiftLeft("k", 23));

/**
 * ln u = k ln 2 + ln(1 + f). With s = f / (2 + f),
 *
 *   ln(1 + f) = 2 artanh s = f − f²/2 + s (f²/2 + R(s²)),
 *
 * a form with small rounding errors. R(z) = 2/3 z + 2/5 z² + … is a minimax polynomial (Remez) with relative
 * error 2⁻³⁰. ln 2 is the sum of two numbers. The first has only 15 bits, so its product with k is exact.
 */
const logarithm = (k: string): readonly Step[] => [
  ["exponent", fromIntegers(k)],
  ["s", divide("f", add("f", 2))],
  ["z", multiply("s", "s")],
  ["square", multiply(multiply("f", "f"), 0.5)],
  ["rest", multiply("z", polynomial("z", [0.6666677594184875, 0.3997756838798523, 0.29871460795402527]))],
  ["small", add(multiply("s", add("square", "rest")), multiply("exponent", 0.0000014286068203094))],
  ["value", subtract(multiply("exponent", 0.693145751953125), subtract(subtract("square", "small"), "f"))],
];

/**
 * The logarithm with its special values: −∞ if u is 0, ∞ if u is ∞, and NaN if u is negative or NaN. The test
 * u + u = u finds 0 and ∞.
 */
const edges = (u: string): string =>
  or(multiply("value", or(and(equal(add(u, u), u), Infinity), 1)), not(atLeastAsLarge(u, 0)));

/** ln x. A subnormal x is computed as 2⁻²³ · (2²³ x). */
export const log = vectorFunction(
  "log_f32x4",
  ["x"],
  [
    ["isSubnormal", less("x", 2 ** -126)],
    // Adding 0 turns −0 into 0.
    ["u", select("isSubnormal", add(multiply("x", 2 ** 23), 0), "x")],
    ["k", exponent],
    ["f", subtract(significand, 1)],
    ...logarithm(addIntegers("k", and("isSubnormal", integers(-23)))),
  ],
  edges("x"),
);

/**
 * ln(1 + x). u is the rounded sum 1 + x. Its rounding error (O. Møller, 1965), times 2⁻ᵏ, is added to f. From
 * x = 2²⁵ on, the error is negligible.
 */
export const log1p = vectorFunction(
  "log1p_f32x4",
  ["x"],
  [
    ["u", add("x", 1)],
    ["back", subtract("u", 1)],
    ["lost", add(subtract(1, subtract("u", "back")), subtract("x", "back"))],
    ["k", exponent],
    ["f", and(multiply("lost", subtractIntegers(1, shiftLeft("k", 23))), less("x", 2 ** 25))],
    ["f", add(subtract(significand, 1), "f")],
    ...logarithm("k"),
  ],
  or(edges("u"), and("x", signBits)),
);
