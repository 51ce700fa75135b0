/** Renders a table for a terminal: a title, a header and rows between lines. Numbers are right-aligned. */
import Table from "cli-table3";
import { figureText } from "../../runtime/training/train-on.ts";

/** The content of a cell; undefined values are left empty. */
export type Cell = string | number | undefined;

export interface TableParts {
  readonly title?: string | undefined;
  readonly head: readonly string[];
  /** The number of decimals in each column, where it differs from that of metrics. */
  readonly decimals?: readonly (number | undefined)[];
  readonly rows: readonly (readonly Cell[])[];
  /** Summary rows, such as means or totals, separated from the other rows by a line. */
  readonly foot?: readonly (readonly Cell[])[];
  /** The width of the terminal in columns. The heads of a wider table continue on further lines. */
  readonly width?: number | undefined;
}

/** Returns text that ends with a line break. It has no colour, and without `width` it is the same on every machine. */
export function tableText(parts: TableParts): string {
  const { title, head, width = Infinity } = parts;
  const { rows, foot } = cellTexts(parts);
  const cells = [...rows, ...foot].map((row) => row.map(plainText));
  const isNumeric = head.map((_, column) =>
    [...parts.rows, ...(parts.foot ?? [])].some((row) => typeof row[column] === "number"),
  );
  const table = new Table({
    head: fittedHeads(head.map(plainText), cells, width),
    colAligns: isNumeric.map((numeric) => (numeric ? "right" : "left")),
    style: { head: [], border: [], compact: true },
  });
  table.push(...cells);
  const lines = table.toString().split("\n");
  // The line below the header is repeated above the summary rows.
  const rule = lines.find((line) => line.startsWith("├"));
  if (foot.length > 0 && rule !== undefined) lines.splice(lines.length - 1 - foot.length, 0, rule);
  return [...(title === undefined ? [] : [plainText(title)]), ...lines, ""].join("\n");
}

/** The heads of a table, broken between words and after dots if the table is too wide otherwise. */
function fittedHeads(head: readonly string[], rows: readonly (readonly string[])[], width: number): string[] {
  const bodies = head.map((_, column) => Math.max(0, ...rows.map((row) => row[column].length)));
  const margin = 3;
  const total = head.reduce((sum, text, column) => sum + Math.max(text.length, bodies[column]) + margin, 1);
  if (total <= width) return [...head];
  return head.map((text, column) => {
    const pieces = text.split(/(?<=[. ])/);
    const most = Math.max(bodies[column], ...pieces.map((piece) => piece.trimEnd().length));
    const lines = [""];
    for (const piece of pieces) {
      const longer = lines[lines.length - 1] + piece;
      if (longer.trimEnd().length <= most) lines[lines.length - 1] = longer;
      else lines.push(piece);
    }
    return lines.map((line) => line.trimEnd()).join("\n");
  });
}

/**
 * Converts the cells to text. If a column contains only counts, its numbers are written as integers. In any
 * other column, whole numbers are written with decimals like their neighbours.
 */
export function cellTexts({ head, rows, foot = [], decimals = [] }: TableParts): {
  rows: string[][];
  foot: string[][];
} {
  const isCount = head.map((_, column) => rows.every((row) => isInteger(row[column])));
  const textsOf = (row: readonly Cell[]) =>
    head.map((_, column) => cellText(row[column], isCount[column], decimals[column]));
  return { rows: rows.map(textsOf), foot: foot.map(textsOf) };
}

const isInteger = (cell: Cell): boolean => typeof cell !== "number" || Number.isInteger(cell);

function cellText(cell: Cell, isCount: boolean, decimals: number | undefined): string {
  if (typeof cell !== "number") return cell ?? "";
  if (decimals !== undefined) return cell.toFixed(decimals);
  return isCount && Number.isInteger(cell) ? String(cell) : figureText(cell);
}

// Names and labels come from specs and data. They must not move the cursor, change a colour or break a line.

/** Replaces control characters with their escapes. For instance, a line break becomes `\u000a`. */
export const plainText = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
