/** The hyperbolic tangent and the sign function on vectors. */
import { beyondLinear, powerOfTwo, reduction } from "./exponential.ts";
import {
  absolute,
  add,
  and,
  atMost,
  divide,
  doubles,
  less,
  multiply,
  or,
  polynomial,
  select,
  signBits,
  singles,
  subtract,
  vectorFunction,
} from "./text.ts";

// The hyperbolic tangent on four lanes of f32. The largest error found in sweeps over all of f32 is 1.50
// units in the last place.

/**
 * For a = |x| < 0.3, tanh a = a + a³ P(a²), where P is minimax with relative error 2⁻²⁶. For larger a,
 *
 *   tanh a = E / (E + 2),   E = e^(2a) − 1 = 2ᵏ (eʳ − 1) + (2ᵏ − 1).
 *
 * a is limited to 10, because tanh a rounds to 1 from there on.
 */
export const tanh = vectorFunction(
  "tanh_f32x4",
  ["x"],
  [
    ["a", absolute("x")],
    ["z", multiply("a", "a")],
    [
      "near",
      add(
        "a",
        multiply(
          multiply("a", "z"),
          polynomial("z", [-0.33333060145378113, 0.13314802944660187, -0.050363536924123764]),
        ),
      ),
    ],
    ["y", atMost(add("a", "a"), 20)],
    ...reduction,
    ["power", powerOfTwo("t")],
    ["e", add(add(multiply("power", "r"), subtract("power", 1)), multiply("power", beyondLinear))],
  ],
  or(select(less("a", 0.3), "near", divide("e", add("e", 2))), and("x", signBits)),
);

// The sign on lanes of f32 and f64, as in Math.sign: −1, 0 or 1. Zeros keep their sign, and NaN stays NaN.

/** If |x| > 0, the number 1 with the sign bit of x; otherwise x. */
const signOf = (lanes: "f32x4" | "f64x2", signBit: string, zero: string, one: string): string =>
  vectorFunction(
    `sign_${lanes}`,
    ["x"],
    [],
    select(`(${lanes}.gt (${lanes}.abs (local.get $x)) ${zero})`, or(and("x", signBit), one), "x"),
  );

export const signSingle = signOf("f32x4", signBits, singles(0), singles(1));
export const signDouble = signOf("f64x2", doubles(-0), doubles(0), doubles(1));
