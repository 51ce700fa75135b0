/** Arithmetic and comparisons as instructions, for scalars and vectors. */
import { InternalError } from "../../diagnostics/errors.ts";
import type { ElementType } from "../../ir/types.ts";
import type { BinaryOperator } from "../../loop/expressions.ts";
import { operation } from "./scope.ts";
import { shapeOf } from "./value-types.ts";
import type { Float } from "./value-types.ts";

type Instructions = Partial<Record<BinaryOperator, string>>;

const ofFloats: Instructions = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "<": "lt",
  "<=": "le",
  "==": "eq",
};
const ofIntegers: Instructions = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  quotient: "div_s",
  remainder: "rem_s",
  "<": "lt_s",
  "<=": "le_s",
  "==": "eq",
};
const scalars: Readonly<Record<ElementType, Instructions>> = {
  f32: ofFloats,
  f64: ofFloats,
  i32: ofIntegers,
  bool: { "==": "eq", and: "and" },
};

export function scalarOperation(operator: BinaryOperator, type: ElementType, x: string, y: string): string {
  const instruction = scalars[type][operator];
  if (instruction === undefined) throw new InternalError(`WebAssembly has no ${operator} of ${type}`);
  return operation(`${type === "bool" ? "i32" : type}.${instruction}`, x, y);
}

const comparisons: ReadonlySet<BinaryOperator> = new Set(["<", "<=", "=="]);

/**
 * Integer lanes are half as wide as f64 lanes, so the masks of integer comparisons are widened in an f64
 * model.
 */
export const widened = (mask: string, float: Float): string =>
  float === "f64" ? operation("i64x2.extend_low_i32x4_s", mask) : mask;

/** The low half of each lane of an f64 mask, as a mask for integers. */
export const narrowed = (mask: string, float: Float): string =>
  float === "f64"
    ? operation("i8x16.shuffle 0 1 2 3 8 9 10 11 0 1 2 3 8 9 10 11", mask, "(v128.const i32x4 0 0 0 0)")
    : mask;

export function vectorOperation(
  operator: BinaryOperator,
  type: ElementType,
  float: Float,
  x: string,
  y: string,
): string {
  if (type === "bool") {
    if (operator === "and") return operation("v128.and", x, y);
    if (operator === "==") return operation("v128.not", operation("v128.xor", x, y));
  }
  const instruction = type === "bool" ? undefined : (type === "i32" ? ofIntegers : ofFloats)[operator];
  if (instruction === undefined || operator === "quotient" || operator === "remainder")
    throw new InternalError(`WebAssembly has no ${operator} of vectors of ${type}`);
  const text = operation(`${shapeOf(type, float)}.${instruction}`, x, y);
  return comparisons.has(operator) && type === "i32" ? widened(text, float) : text;
}
