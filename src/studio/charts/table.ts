/** A table for a terminal: a title, a head and rows between lines; numbers are right-aligned. */
import Table from "cli-table3";
import { figureText } from "../../runtime/training/train-on.ts";

/** The content of a cell; undefined values are left empty. */
export type Cell = string | number | undefined;

export interface TableParts {
  readonly title?: string | undefined;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Summary rows below a line of their own: means, totals. */
  readonly foot?: readonly (readonly Cell[])[];
}

/**
 * Ends with a line break. The text does not depend on the machine: it has no colour and ignores the width of
 * the terminal.
 */
export function tableText(parts: TableParts): string {
  const { title, head } = parts;
  const { rows, foot } = cellTexts(parts);
  const isNumeric = head.map((_, column) =>
    [...parts.rows, ...(parts.foot ?? [])].some((row) => typeof row[column] === "number"),
  );
  const table = new Table({
    head: head.map(plainText),
    colAligns: isNumeric.map((numeric) => (numeric ? "right" : "left")),
    style: { head: [], border: [], compact: true },
  });
  table.push(...[...rows, ...foot].map((row) => row.map(plainText)));
  const lines = table.toString().split("\n");
  // The line under the head is used above the foot too.
  if (foot.length > 0) lines.splice(lines.length - 1 - foot.length, 0, lines[2]);
  return [...(title === undefined ? [] : [plainText(title)]), ...lines, ""].join("\n");
}

/** The cells as text. Counts are whole; in a column of measures, 1 is written like the other values. */
export function cellTexts({ head, rows, foot = [] }: TableParts): { rows: string[][]; foot: string[][] } {
  const isCount = head.map((_, column) => rows.every((row) => isInteger(row[column])));
  const textsOf = (row: readonly Cell[]) => head.map((_, column) => cellText(row[column], isCount[column]));
  return { rows: rows.map(textsOf), foot: foot.map(textsOf) };
}

const isInteger = (cell: Cell): boolean => typeof cell !== "number" || Number.isInteger(cell);

function cellText(cell: Cell, isCount: boolean): string {
  if (typeof cell !== "number") return cell ?? "";
  return isCount && Number.isInteger(cell) ? String(cell) : figureText(cell);
}

// Names and labels come from specs and data, so they must not move a cursor, change a colour or break a line.

/** Replaces control characters by their escapes: a line break becomes `\u000a`. */
export const plainText = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
