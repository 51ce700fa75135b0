/**
 * Conversions between element types, for scalars and vectors. A number becomes an integer by truncation
 * towards zero, and a bool by the comparison x ≠ 0.
 */
import { InternalError } from "../../diagnostics/errors.ts";
import type { ElementType } from "../../ir/types.ts";
import { constant, constantVector, scalarType, shapeOf } from "./value-types.ts";
import type { Float } from "./value-types.ts";
import { narrowed, widened } from "./operators.ts";
import { operation } from "./scope.ts";

const scalars: Readonly<Record<string, string>> = {
  "i32 f32": "f32.convert_i32_s",
  "i32 f64": "f64.convert_i32_s",
  "f32 f64": "f64.promote_f32",
  "f64 f32": "f32.demote_f64",
  "f32 i32": "i32.trunc_sat_f32_s",
  "f64 i32": "i32.trunc_sat_f64_s",
};

export function convertScalar(text: string, from: ElementType, to: ElementType): string {
  const [source, target] = [scalarType(from), scalarType(to)];
  if (to === "bool") return from === "bool" ? text : operation(`${source}.ne`, text, constant(0, from));
  return source === target ? text : operation(scalars[`${source} ${target}`], text);
}

const vectors: Readonly<Record<string, string>> = {
  "i32 f32": "f32x4.convert_i32x4_s",
  "i32 f64": "f64x2.convert_low_i32x4_s",
  "f32 f64": "f64x2.promote_low_f32x4",
  "f64 f32": "f32x4.demote_f64x2_zero",
  "f32 i32": "i32x4.trunc_sat_f32x4_s",
  "f64 i32": "i32x4.trunc_sat_f64x2_s_zero",
};

export function convertVector(text: string, from: ElementType, to: ElementType, float: Float): string {
  if (from === to) return text;
  if (from === "bool") {
    // The mask selects either all bits of the number 1 or none.
    const mask = to === "i32" ? narrowed(text, float) : text;
    return operation("v128.and", mask, constantVector(1, to, float));
  }
  if (to === "bool") {
    const differs = operation(`${shapeOf(from, float)}.ne`, text, constantVector(0, from, float));
    return from === "i32" ? widened(differs, float) : differs;
  }
  const instruction = vectors[`${from} ${to}`];
  if (instruction === undefined)
    throw new InternalError(`WebAssembly cannot convert vectors of ${from} to ${to}`);
  return operation(instruction, text);
}
