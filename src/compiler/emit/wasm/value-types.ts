/**
 * How values of the loop IR stand in WebAssembly: scalars by type, vectors all as 128 bits, seen as lanes of
 * one shape.
 */
import type { ElementType } from "../../ir/types.ts";
import type { Expression } from "../../loop/expressions.ts";
import { lanesOf } from "../../loop/expressions.ts";

export type ValueType = "i32" | "f32" | "f64" | "v128";
export type VectorShape = "i32x4" | "f32x4" | "f64x2" | "i64x2";
export type Float = "f32" | "f64";

/** A bool is an i32, 1 or 0. */
export const scalarType = (type: ElementType): "i32" | "f32" | "f64" => (type === "bool" ? "i32" : type);

export const isVector = (x: Expression): boolean => lanesOf(x) > 1;

export const valueType = (x: Expression): ValueType => (isVector(x) ? "v128" : scalarType(x.type));

/**
 * Truths of lanes are masks, all bits of a lane alike, as wide as the lanes of the float that the model
 * computes in.
 */
export const shapeOf = (type: ElementType, float: Float): VectorShape => {
  if (type === "bool") return float === "f32" ? "i32x4" : "i64x2";
  return type === "f64" ? "f64x2" : `${type}x4`;
};

export const bytesOfLane: Readonly<Record<VectorShape, 4 | 8>> = { i32x4: 4, f32x4: 4, f64x2: 8, i64x2: 8 };
