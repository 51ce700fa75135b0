// Logarithms on four lanes of f32. Worst errors seen in sweeps over all of f32, in units in the last place:
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

/** k of u = 2ᵏ m, √½ ≤ m < √2, from the bits of u: 0x3f3504f3 are those of √½. */
export const exponent = shiftRight(subtractIntegers("u", integers(0x3f3504f3)), 23);
/** m of the same. */
export const significand = subtractIntegers("u", shiftLeft("k", 23));

/**
 * ln u = k ln 2 + ln(1 + f): with s = f / (2 + f), ln(1 + f) = 2 artanh s = f − f²/2 + s (f²/2 + R(s²)),
 * which rounds little. R = 2/3 z + 2/5 z² + … by a minimax polynomial (Remez), of relative error 2⁻³⁰. ln 2
 * is a sum of two numbers, the first so short (15 bits) that k times it is exact.
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
 * −∞ where u is 0 and ∞ where it is ∞, which are the numbers that are their own double; NaN where it is
 * negative or NaN.
 */
const edges = (u: string): string =>
  or(multiply("value", or(and(equal(add(u, u), u), Infinity), 1)), not(atLeastAsLarge(u, 0)));

/** ln x; subnormal x are 2⁻²³ · (2²³ x). */
export const log = vectorFunction(
  "log_f32x4",
  ["x"],
  [
    ["isSubnormal", less("x", 2 ** -126)],
    // the sum makes 0 of −0
    ["u", select("isSubnormal", add(multiply("x", 2 ** 23), 0), "x")],
    ["k", exponent],
    ["f", subtract(significand, 1)],
    ...logarithm(addIntegers("k", and("isSubnormal", integers(-23)))),
  ],
  edges("x"),
);

/**
 * ln(1 + x): u = 1 + x as rounded, and what rounding lost (O. Møller, 1965) goes into f, times 2⁻ᵏ; from 2²⁵
 * on it does not count.
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
