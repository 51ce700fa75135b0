// Powers on four lanes of f32. The largest error found is 1.28 units in the last place.
import { halfOfPower, scaled } from "./exponential.ts";
import { exponent, significand } from "./logarithm.ts";
import {
  absolute,
  add,
  addDoubles,
  and,
  atLeastDoubles,
  atMostDoubles,
  different,
  divideDoubles,
  doubles,
  equal,
  fromDoubles,
  fromIntegers,
  integers,
  less,
  lowWords,
  multiply,
  multiplyDoubles,
  nearest,
  not,
  or,
  polynomial,
  polynomialOfDoubles,
  select,
  signBits,
  subtract,
  subtractDoubles,
  subtractIntegers,
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
 * y log₂ |x| = n + r with integer n and |r| ≤ ½. It is computed in doubles, because an exponent of 128 in f32
 * has only 17 bits after the point. With s = f / (2 + f),
 *
 *   log₂ |x| = k + log₂(1 + f) = k + s P(s²)   (minimax, relative error 2⁻³⁸).
 *
 * The exponent is limited to ±160, because all powers overflow or vanish before that.
 */
const exponentOfPower = (half: "low" | "high", lanes: (x: string) => string): readonly Step[] => [
  ["s", toDoubles(lanes("f"))],
  ["s", divideDoubles("s", addDoubles("s", doubles(2)))],
  [
    "fraction",
    multiplyDoubles(
      "s",
      polynomialOfDoubles(
        multiplyDoubles("s", "s"),
        [
          2.8853900817902027, 0.9617966732001921, 0.5770836115409416, 0.41167113728067806,
          0.34075930457969206,
        ],
      ),
    ),
  ],
  [half, multiplyDoubles(toDoubles(lanes("y")), addDoubles(toDoubles(lanes("exponent")), "fraction"))],
  [half, atMostDoubles(atLeastDoubles(half, doubles(-160)), doubles(160))],
  [`${half}Rounded`, addDoubles(half, rounding)],
  [half, subtractDoubles(half, subtractDoubles(`${half}Rounded`, rounding))],
];

/**
 * x^y with the special values of Math.pow. x⁰ is 1 for any x. 1^±∞ is NaN, and so is a negative number to a
 * power that is not an integer. An odd power of a negative number or of −0 is negative. A subnormal x is
 * computed as 2⁻²⁴ · (2²⁴ x).
 */
export const power = vectorFunction(
  "power_f32x4",
  ["x", "y"],
  [
    ["a", absolute("x")],
    ["isSubnormal", less("a", 2 ** -126)],
    ["u", select("isSubnormal", multiply("a", 2 ** 24), "a")],
    ["k", exponent],
    ["f", subtract(significand, 1)],
    ["exponent", fromIntegers(subtractIntegers("k", and("isSubnormal", integers(24))))],
    // The logarithm is −∞ if x is 0, and |x| if x is infinite or NaN.
    ["isFinite", less("a", Infinity)],
    ["exponent", select("isFinite", select(equal("a", 0), -Infinity, "exponent"), "a")],
    ...exponentOfPower("low", (x) => x),
    ...exponentOfPower("high", upperHalf),
    ["t", lowWords("lowRounded", "highRounded")],
    ["r", fromDoubles("low", "high")],
    halfOfPower,
    // 2ʳ = 1 + r E(r), where E is minimax with relative error 2⁻²⁶.
    [
      "value",
      scaled(
        add(
          multiply(
            "r",
            polynomial(
              "r",
              [
                0.6931471824645996, 0.24022594094276428, 0.055503662675619125, 0.009625442326068878,
                0.001338791917078197, 0.00013333898095879704,
              ],
            ),
          ),
          1,
        ),
      ),
    ],
    ["isFractional", different(nearest("y"), "y")],
    ["value", or("value", and(and("isFractional", "isFinite"), less("x", 0)))],
    ["yHalf", multiply("y", 0.5)],
    ["isEven", or("isFractional", equal(nearest("yHalf"), "yHalf"))],
    ["value", or("value", and(and("x", signBits), not("isEven")))],
  ],
  select(equal("y", 0), 1, "value"),
);
