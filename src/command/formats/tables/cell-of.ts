// Values of formats that know more than text, as cells of a table.
import { isUtf8 } from "node:buffer";
import { InputError, shown } from "../../../runtime/core/input-error.ts";
import { showValue } from "../../../compiler/util/show-value.ts";
import type { Cell } from "./column-builder.ts";

/**
 * Nothing is an empty cell, and a list of numbers, nested or not, is a cell of so many. What can be no cell
 * throws, with the line.
 */
export function cellOf(value: unknown, column: string, line: number | string | undefined): Cell {
  switch (typeof value) {
    case "undefined":
      return "";
    case "string":
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return String(value);
  }
  if (value === null) return "";
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value))
    return value.flat(Infinity).map((entry: unknown) => numberOf(entry, column, line));
  if (value instanceof Uint8Array && !isUtf8(value))
    throw new InputError(`column "${shown(column)}": the text is not UTF-8`, line);
  throw new InputError(`column "${shown(column)}": an object is no value`, line);
}

function numberOf(entry: unknown, column: string, line: number | string | undefined): number {
  if (typeof entry === "number" || typeof entry === "boolean" || typeof entry === "bigint")
    return Number(entry);
  if (entry === null) return NaN;
  throw new InputError(`column "${shown(column)}": ${showValue(entry)} in a list of numbers`, line);
}
