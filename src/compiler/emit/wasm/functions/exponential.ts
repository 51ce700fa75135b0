// The exponential function and its relatives on four lanes of f32. Worst errors seen in sweeps over all of
// f32, in units in the last place:
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

/** Added to a number below 2²², it leaves no bits for a fraction: the last bits are the integer part. */
export const rounding = 12582912;

/**
 * Cody and Waite's reduction (1980) of y: t holds k, the whole number nearest to y / ln 2, in its last bits, and
 *
 *   y = k ln 2 + r,   |r| ≤ 0.3468;
 *
 * ln 2 is a sum of two numbers, the first of 15 bits, so that `exact` = y − k · first is exact; `second` is k
 * times the other.
 */
export const reduction: readonly Step[] = [
  ["t", add(multiply("y", 1.4426950408889634), rounding)],
  ["k", subtract("t", rounding)],
  ["exact", subtract("y", multiply("k", 0.693145751953125))],
  ["second", multiply("k", 0.0000014286068203094)],
  ["r", subtract("exact", "second")],
];

/** (eʳ − 1 − r) / r²: minimax (Remez), of error 2⁻²⁸ relative to eʳ and 2⁻²⁶ relative to eʳ − 1. */
const quadratic = [
  0.4999999701976776, 0.16666539013385773, 0.04166774824261665, 0.008367086760699749, 0.001383789349347353,
];
/** eʳ − 1 − r */
export const beyondLinear = multiply(polynomial("r", quadratic), multiply("r", "r"));

/** 2ⁿ of whole n, −126 ≤ n ≤ 127, by its bits; higher bits of n than these do not matter. */
export const powerOfTwo = (n: Operand, times = 1): string => addIntegers(shiftLeft(n, 23), times);

/**
 * x · 2ᵏ, of the k in the last bits of t. In two factors, as 2ᵏ itself may be out of range, and so that a
 * subnormal result is rounded once.
 */
export const scaled = (x: Operand): string =>
  multiply(multiply(x, powerOfTwo("half")), powerOfTwo(subtractIntegers("t", "half")));
export const halfOfPower: Step = ["half", shiftRight("t", 1)];

/** eʸ: 1 + r + r² q(r), times 2ᵏ */
const exponential: readonly Step[] = [
  ...reduction,
  halfOfPower,
  ["e", scaled(add(add(beyondLinear, "r"), 1))],
];

/**
 * eˣ. Beyond −104 and 89 the result is 0 or ∞. The 0 is not computed, by a product that underflows: on many
 * processors that takes a hundred cycles, and what attention masks is all of this kind.
 */
export const exp = vectorFunction(
  "exp_f32x4",
  ["x"],
  [["kept", not(atLeastAsLarge(-104, "x"))], ["y", atMost(and("x", "kept"), 89)], ...exponential],
  and("e", "kept"),
);

/**
 * eˣ − 1 = 2ᵏ (eʳ − 1) + (2ᵏ − 1), by halves, so that nothing overflows before the result does; x itself
 * where that is as good, which keeps subnormal numbers and the sign of zero.
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
 * σ(x) = 1 / (1 + e⁻ˣ), of e = e^(−|x|), which does not overflow, as 1 − t or e − e t of t = e / (1 + e):
 * these round once where it counts.
 */
export const sigmoid = vectorFunction(
  "sigmoid_f32x4",
  ["x"],
  [["y", atLeast(negate(absolute("x")), -104)], ...exponential, ["whole", select(less("x", 0), "e", 1)]],
  subtract("whole", multiply("whole", divide("e", add("e", 1)))),
);
