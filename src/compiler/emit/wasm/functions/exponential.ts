// The exponential function and related functions on four lanes of f32. The largest errors found in sweeps
// over all of f32, in units in the last place:
//
//   exp      1.01
//   expm1    1.32
//   sigmoid  1.87
import {
  absolute,
  add,
  addIntegers,
  and,
  atLeast,
  atLeastAsLarge,
  atMost,
  divide,
  less,
  multiply,
  negate,
  not,
  polynomial,
  select,
  shiftLeft,
  shiftRight,
  subtract,
  subtractIntegers,
  vectorFunction,
  type Operand,
  type Step,
} from "./text.ts";

/**
 * Adding this to a number below 2²² leaves no bits for a fraction, so the last bits are the integer part.
 */
export const rounding = 12582912;

/**
 * Cody and Waite's reduction of y (1980). The last bits of t are k, the integer nearest to y / ln 2, and
 *
 *   y = k ln 2 + r,   |r| ≤ 0.3468.
 *
 * ln 2 is the sum of two numbers. The first has 15 bits, so `exact` = y − k · first is exact. `second` is k
 * times the second number.
 */
export const reduction: readonly Step[] = [
  ["t", add(multiply("y", 1.4426950408889634), rounding)],
  ["k", subtract("t", rounding)],
  ["exact", subtract("y", multiply("k", 0.693145751953125))],
  ["second", multiply("k", 0.0000014286068203094)],
  ["r", subtract("exact", "second")],
];

/**
 * (eʳ − 1 − r) / r², a minimax polynomial (Remez). Its error is 2⁻²⁸ relative to eʳ and 2⁻²⁶ relative to eʳ −
 * 1.
 */
const quadratic = [
  0.4999999701976776, 0.16666539013385773, 0.04166774824261665, 0.008367086760699749, 0.001383789349347353,
];
/** eʳ − 1 − r */
export const beyondLinear = multiply(polynomial("r", quadratic), multiply("r", "r"));

/**
 * `times` · 2ⁿ for an integer n, −126 ≤ n ≤ 127: n is added to the exponent bits. Higher bits of n are
 * ignored.
 */
export const powerOfTwo = (n: Operand, times = 1): string => addIntegers(shiftLeft(n, 23), times);

/**
 * x · 2ᵏ, where k is the integer in the last bits of t. x is multiplied by two powers of 2, because 2ᵏ itself
 * may be out of range. This also ensures that a subnormal result is rounded only once.
 */
export const scaled = (x: Operand): string =>
  multiply(multiply(x, powerOfTwo("half")), powerOfTwo(subtractIntegers("t", "half")));
export const halfOfPower: Step = ["half", shiftRight("t", 1)];

/** eʸ = 2ᵏ (1 + r + r² q(r)) */
const exponential: readonly Step[] = [
  ...reduction,
  halfOfPower,
  ["e", scaled(add(add(beyondLinear, "r"), 1))],
];

/**
 * eˣ. Below −104 the result is 0, and above 89 it is ∞. A mask sets the 0, because a product that underflows
 * takes a hundred cycles on many processors, and every masked score of an attention layer would underflow.
 */
export const exp = vectorFunction(
  "exp_f32x4",
  ["x"],
  [["kept", not(atLeastAsLarge(-104, "x"))], ["y", atMost(and("x", "kept"), 89)], ...exponential],
  and("e", "kept"),
);

/**
 * eˣ − 1 = 2ᵏ (eʳ − 1) + (2ᵏ − 1). Half of the result is computed and then doubled, so that no intermediate
 * value overflows before the result does. If |x| < 2⁻²⁵, the result is x itself, which preserves subnormal
 * numbers and the sign of zero.
 */
export const expm1 = vectorFunction(
  "expm1_f32x4",
  ["x"],
  [
    ["y", atMost(atLeast("x", -18), 89)],
    ...reduction,
    ["half", powerOfTwo("t", 0.5)],
    ["e", add(add(multiply("half", "r"), subtract("half", 0.5)), multiply("half", beyondLinear))],
  ],
  select(less(absolute("x"), 2 ** -25), "x", add("e", "e")),
);

/**
 * σ(x) = 1 / (1 + e⁻ˣ). With e = e^(−|x|), which does not overflow, and t = e / (1 + e), it is 1 − t for x ≥
 * 0 and e − e t for x < 0. In these forms, only one rounding error matters.
 */
export const sigmoid = vectorFunction(
  "sigmoid_f32x4",
  ["x"],
  [["y", atLeast(negate(absolute("x")), -104)], ...exponential, ["whole", select(less("x", 0), "e", 1)]],
  subtract("whole", multiply("whole", divide("e", add("e", 1)))),
);
