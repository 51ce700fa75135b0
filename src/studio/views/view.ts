/**
 * A view of a compilation: text, the same content as JSON and, for some views, pictures, formulas or a page.
 */

/** The formats of a view. Each is produced on demand. */
export interface View {
  readonly text: () => string;
  readonly json: () => unknown;
  /** A picture, as SVG and as input for Graphviz. */
  readonly svg?: () => string | Promise<string>;
  readonly dot?: () => string;
  /** Formulas in TeX, for papers. */
  readonly tex?: () => string;
  /** Tables or formulas as HTML for notebooks: elements without scripts, links or styles for a page. */
  readonly fragment?: () => string;
}

export type Format = Exclude<keyof View, "fragment"> | "html";

/**
 * Formats rows as text in columns, two spaces apart. Columns of numbers are right-aligned. Numbers that are
 * not whole have three decimals.
 */
export function columns(rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = rows.map((row) =>
    row.map((cell) => (Number.isInteger(cell) ? String(cell) : cellText(cell))),
  );
  const places = [...(rows[0] ?? []).keys()];
  const widths = places.map((column) => Math.max(...texts.map((row) => row[column].length)));
  const isNumeric = places.map((column) => rows.some((row) => typeof row[column] === "number"));
  return texts.map((row) =>
    row
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join("  ")
      .trimEnd(),
  );
}

const cellText = (cell: string | number): string => (typeof cell === "number" ? cell.toFixed(3) : cell);
