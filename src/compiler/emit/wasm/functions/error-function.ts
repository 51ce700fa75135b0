// The error function on four lanes of f32. The largest error found in sweeps over all of f32 is 1.56 units in
// the last place.
import { powerOfTwo, rounding } from "./exponential.ts";
import {
  absolute,
  add,
  and,
  atMost,
  less,
  multiply,
  or,
  polynomial,
  select,
  signBits,
  subtract,
  vectorFunction,
} from "./text.ts";

/**
 * For a = |x| < 0.9, erf a = a + a P(a²), where P is minimax with relative error 2⁻²⁶. For larger a,
 *
 *   erf a = 1 − 2^(a L(a)),   a L(a) = log₂ erfc a   (minimax, error 2⁻²⁸ of the result).
 *
 * a is limited to 4, because erf a rounds to 1 from there on. The power is 2^(k + f) = 2ᵏ (1 + f E(f)) with
 * integer k and |f| ≤ ½ (minimax, error 2⁻²³ relative to the power, which is below 0.21).
 */
export const erf = vectorFunction(
  "erf_f32x4",
  ["x"],
  [
    ["a", absolute("x")],
    ["z", multiply("a", "a")],
    [
      "near",
      add(
        "a",
        multiply(
          "a",
          polynomial(
            "z",
            [
              0.12837915122509003, -0.3761249780654907, 0.11281859129667282, -0.026768693700432777,
              0.004997359123080969, -0.0006018690764904022,
            ],
          ),
        ),
      ),
    ],
    ["y", atMost("a", 4)],
    [
      "y",
      multiply(
        "y",
        polynomial(
          "y",
          [
            -1.6281052827835083, -0.9171375632286072, -0.15187308192253113, 0.03303057327866554,
            -0.004640322644263506, 0.0003089545061811805,
          ],
        ),
      ),
    ],
    ["t", add("y", rounding)],
    ["f", subtract("y", subtract("t", rounding))],
    [
      "e",
      add(
        multiply(
          "f",
          polynomial(
            "f",
            [
              0.6931470036506653, 0.24022223055362701, 0.055506493896245956, 0.0096727404743433,
              0.001330454833805561,
            ],
          ),
        ),
        1,
      ),
    ],
    ["far", subtract(1, multiply("e", powerOfTwo("t")))],
  ],
  or(select(less("a", 0.9), "near", "far"), and("x", signBits)),
);
