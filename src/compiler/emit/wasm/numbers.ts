/** Numbers as WebAssembly text. */
import type { ElementType } from "../../ir/types.ts";
import { scalarType, shapeOf } from "./value-types.ts";
import type { Float } from "./value-types.ts";

/** The shortest decimal that a reader of f32 takes for the same number. */
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
 * The same number in every lane; of a mask, all bits or none. Engines make lanes without bits, and those of
 * all bits, in one instruction; other constants stand in globals (see `functions/text.ts`).
 */
export function constantVector(value: number, type: ElementType, float: Float): string {
  const shape = shapeOf(type, float);
  const lane = type === "bool" ? (value === 0 ? "0" : "-1") : numberText(value, type);
  return lane === "0" || type === "bool"
    ? `(v128.const ${shape} ${new Array<string>(Number(shape.slice(-1))).fill(lane).join(" ")})`
    : `(global.get $${shape}:${lane})`;
}
