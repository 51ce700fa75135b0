// The sign on lanes of f32 and f64, as Math.sign: −1, 0 or 1, where zeros keep their sign and NaN stays.
import { and, doubles, or, select, signBits, singles, vectorFunction } from "./text.ts";

/** Where x is less or greater than 0, its sign bit before a one; elsewhere x. */
const signOf = (lanes: "f32x4" | "f64x2", signBit: string, zero: string, one: string): string =>
  vectorFunction(
    `sign_${lanes}`,
    ["x"],
    [],
    select(`(${lanes}.gt (${lanes}.abs (local.get $x)) ${zero})`, or(and("x", signBit), one), "x"),
  );

export const signSingle = signOf("f32x4", signBits, singles(0), singles(1));
export const signDouble = signOf("f64x2", doubles(-0), doubles(0), doubles(1));
