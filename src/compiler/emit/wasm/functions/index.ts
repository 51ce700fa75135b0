// How WebAssembly computes each function of the loop IR. A module contains those functions of the table that
// it uses. On f32, functions are vector code from this folder. On f64, they are functions of runtime/,
// imported from JavaScript and called lane by lane.
import type { FunctionName } from "../../../loop/expressions.ts";
import { erf } from "./error-function.ts";
import { exp, expm1, sigmoid } from "./exponential.ts";
import { signDouble, signSingle, tanh } from "./hyperbolic.ts";
import { log, log1p } from "./logarithm.ts";
import { power } from "./power.ts";
import { randomKey, randomUnitDouble, randomUnitSingle } from "./random.ts";
import { laneByLane, vectorFunction } from "./text.ts";
import { cos, sin } from "./trigonometric.ts";

export type Implementation =
  /** One instruction, with its names for scalars and for vectors. */
  | { readonly kind: "instruction"; readonly scalar: string; readonly vector: string }
  /** No instruction, because a register of this type already contains the result. */
  | { readonly kind: "identity" }
  /**
   * A call of `$name`, a function on vectors that `text` defines. If it calls a function of the runtime,
   * `imports` imports that function.
   */
  | { readonly kind: "vector"; readonly name: string; readonly text: string; readonly imports?: string }
  /** A call of `$name`, a function on scalars that `text` defines or imports. */
  | { readonly kind: "scalar"; readonly name: string; readonly text: string };

export interface Implementations {
  readonly f32: Implementation;
  readonly f64: Implementation;
}

const instruction = (name: string): Implementations => ({
  f32: { kind: "instruction", scalar: `f32.${name}`, vector: `f32x4.${name}` },
  f64: { kind: "instruction", scalar: `f64.${name}`, vector: `f64x2.${name}` },
});

const vector = (lanes: "f32x4" | "f64x2", name: FunctionName, text: string): Implementation => ({
  kind: "vector",
  name: `${name}_${lanes}`,
  text,
});

const importText = (name: FunctionName, parameters: 1 | 2): string =>
  `(import "math" "${name}" (func $${name}_f64 ${"(param f64) ".repeat(parameters)}(result f64)))`;

const imported = (name: FunctionName, parameters: 1 | 2): Implementation => ({
  kind: "scalar",
  name: `${name}_f64`,
  text: importText(name, parameters),
});

const elementary = (name: FunctionName, text: string, parameters: 1 | 2 = 1): Implementations => ({
  f32: vector("f32x4", name, text),
  f64: imported(name, parameters),
});

/**
 * Implements a function without vector code: even on f32, each lane calls the runtime's function of doubles.
 */
export const onDoubles = (name: FunctionName): Implementations =>
  periodic(name, vectorFunction(`${name}_f32x4`, ["x"], [], laneByLane(name)));

/** A function whose f32 version calls the runtime's function if the argument in any lane is too large. */
const periodic = (name: FunctionName, text: string): Implementations => ({
  f32: { kind: "vector", name: `${name}_f32x4`, text, imports: importText(name, 1) },
  f64: imported(name, 1),
});

const key: Implementation = { kind: "scalar", name: "randomKey", text: randomKey };

export const functions: Readonly<Record<FunctionName, Implementations>> = {
  exp: elementary("exp", exp),
  expm1: elementary("expm1", expm1),
  log: elementary("log", log),
  log1p: elementary("log1p", log1p),
  tanh: elementary("tanh", tanh),
  sigmoid: elementary("sigmoid", sigmoid),
  erf: elementary("erf", erf),
  cos: periodic("cos", cos),
  sin: periodic("sin", sin),
  power: elementary("power", power, 2),
  sqrt: instruction("sqrt"),
  absolute: instruction("abs"),
  floor: instruction("floor"),
  minimum: instruction("min"),
  maximum: instruction("max"),
  sign: { f32: vector("f32x4", "sign", signSingle), f64: vector("f64x2", "sign", signDouble) },
  round: { f32: { kind: "identity" }, f64: { kind: "identity" } },
  // The key and the indices are i32 for both float types.
  randomKey: { f32: key, f64: key },
  randomUnit: {
    f32: vector("f32x4", "randomUnit", randomUnitSingle),
    f64: vector("f64x2", "randomUnit", randomUnitDouble),
  },
};
