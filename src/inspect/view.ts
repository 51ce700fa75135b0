/** What a view of a compilation is: text for people, and the same facts as JSON. */
import type { Compilation } from "../pipeline.ts";
import type { PassReport } from "../passes/run.ts";

export interface View {
  readonly text: string;
  readonly json: unknown;
}

/** What there is to look at. `reports`: every pass over every graph, in order. */
export interface Subject {
  readonly compilation: Compilation;
  readonly reports: readonly PassReport[];
  /** The one parameter asked for. */
  readonly of: string | undefined;
}

/** Text in columns, two spaces between them; numbers (given as such) to the right. */
export function columns(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => String(row[column]).length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        typeof cell === "number" ? String(cell).padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join("  ")
      .trimEnd(),
  );
}
