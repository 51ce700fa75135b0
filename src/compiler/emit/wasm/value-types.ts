/**
 * The types of values in WebAssembly. A scalar has the type of its element. A vector has 128 bits; its shape
 * is the type and number of its lanes.
 */
import type { ElementType } from "../../ir/types.ts";
import { lanesOf } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";

export type ValueType = "i32" | "f32" | "f64" | "v128";
export type VectorShape = "i32x4" | "f32x4" | "f64x2" | "i64x2";
export type Float = "f32" | "f64";

/** A bool is stored as an i32, 1 or 0. */
export const scalarType = (type: ElementType): "i32" | "f32" | "f64" => (type === "bool" ? "i32" : type);

export const isVector = (x: Expression): boolean => lanesOf(x) > 1;

export const valueType = (x: Expression): ValueType => (isVector(x) ? "v128" : scalarType(x.type));

/**
 * The shape of a vector. A vector of conditions is a mask: all bits of a lane are equal, and lanes have the
 * width of the model's floats.
 */
export const shapeOf = (type: ElementType, float: Float): VectorShape => {
  if (type === "bool") return float === "f32" ? "i32x4" : "i64x2";
  return type === "f64" ? "f64x2" : `${type}x4`;
};

export const bytesOfLane: Readonly<Record<VectorShape, 4 | 8>> = { i32x4: 4, f32x4: 4, f64x2: 8, i64x2: 8 };

// Numbers as WebAssembly text.

/** The shortest decimal that f32 rounds to this value. */
function singleText(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return String(short);
  }
  return String(single);
}

function numberText(value: number, type: ElementType): string {
  if (Number.isNaN(value)) return "nan";
  if (Object.is(value, -0)) return type === "i32" ? "0" : "-0";
  if (type === "f32" && Number.isFinite(Math.fround(value))) return singleText(value);
  if (type === "f32" || type === "f64") {
    if (Math.abs(type === "f32" ? Math.fround(value) : value) === Infinity) return value > 0 ? "inf" : "-inf";
  }
  return String(value);
}

export const constant = (value: number, type: ElementType): string =>
  `(${scalarType(type)}.const ${numberText(value, type)})`;

/**
 * A constant with the same number in every lane. In a mask, a lane has all bits set or none. Engines create
 * masks and zeros with one instruction; other constants are globals (see `functions/text.ts`).
 */
export function constantVector(value: number, type: ElementType, float: Float): string {
  const shape = shapeOf(type, float);
  const lane = type === "bool" ? (value === 0 ? "0" : "-1") : numberText(value, type);
  return lane === "0" || type === "bool"
    ? `(v128.const ${shape} ${new Array<string>(Number(shape.slice(-1))).fill(lane).join(" ")})`
    : `(global.get $${shape}:${lane})`;
}
