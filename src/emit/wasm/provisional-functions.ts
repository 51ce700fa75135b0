/** Until the functions on vectors of f32 are there: all through the runtime's functions of doubles, one lane at a time. */
import type { FunctionName } from "../../loop/expressions.ts";

export type Implementation =
  | { readonly kind: "instruction"; readonly scalar: string; readonly vector: string }
  | { readonly kind: "identity" }
  | { readonly kind: "vector"; readonly name: string; readonly text: string }
  | { readonly kind: "scalar"; readonly name: string; readonly text: string };

interface Implementations {
  readonly f32: Implementation;
  readonly f64: Implementation;
}

const instruction = (name: string): Implementations => ({
  f32: { kind: "instruction", scalar: `f32.${name}`, vector: `f32x4.${name}` },
  f64: { kind: "instruction", scalar: `f64.${name}`, vector: `f64x2.${name}` },
});

const elementary = (name: FunctionName, parameters: 1 | 2 = 1): Implementations => {
  const imported = `(import "math" "${name}" (func $${name}_f64 ${"(param f64) ".repeat(parameters)}(result f64)))`;
  return {
    f32: { kind: "scalar", name: `${name}_f64`, text: imported },
    f64: { kind: "scalar", name: `${name}_f64`, text: imported },
  };
};

const randomKey: Implementation = {
  kind: "scalar",
  name: "randomKey",
  text: '(import "math" "randomKey" (func $randomKey (param i32 i32 i32) (result i32)))',
};
const randomUnit: Implementation = {
  kind: "scalar",
  name: "randomUnit",
  text: '(import "math" "randomUnit" (func $randomUnit (param i32 i32) (result f64)))',
};

export const functions: Readonly<Record<FunctionName, Implementations>> = {
  exp: elementary("exp"),
  expm1: elementary("expm1"),
  log: elementary("log"),
  log1p: elementary("log1p"),
  tanh: elementary("tanh"),
  sigmoid: elementary("sigmoid"),
  erf: elementary("erf"),
  cos: elementary("cos"),
  sin: elementary("sin"),
  power: elementary("power", 2),
  sqrt: instruction("sqrt"),
  absolute: instruction("abs"),
  minimum: instruction("min"),
  maximum: instruction("max"),
  sign: { f32: { kind: "identity" }, f64: { kind: "identity" } },
  round: { f32: { kind: "identity" }, f64: { kind: "identity" } },
  randomKey: { f32: randomKey, f64: randomKey },
  randomUnit: { f32: randomUnit, f64: randomUnit },
};

export const constantsOf = (_: string): string[] => [];
