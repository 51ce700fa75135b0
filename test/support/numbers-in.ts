// The numbers of a column as a list.
import { columnOf } from "../../src/runtime/data/fields.ts";
import type { Table } from "../../src/runtime/data/table.ts";

/** All numbers of a column, row-major. */
export function numbersIn(table: Table, name: string): number[] {
  const { size, number } = columnOf(table, name);
  return Array.from({ length: table.rows * size }, (_, i) => number(i));
}
