/** What a view of a compilation is: text for people, the same facts as JSON, and where it has them pictures, formulas or a page. */
import type { ExplainedCode } from "./explain-code.ts";
import type { KernelTimes } from "./measure-kernels.ts";
import type { Compilation } from "../pipeline.ts";
import type { PassReport } from "../passes/run.ts";

/** Each format is made when it is asked for. */
export interface View {
  readonly text: () => string;
  readonly json: () => unknown;
  /** A picture; as a description that Graphviz draws. */
  readonly svg?: () => string | Promise<string>;
  readonly dot?: () => string;
  /** Formulas, for papers. */
  readonly tex?: () => string;
}

export type Format = keyof View | "html";

/** What there is to look at. `reports`: every pass over every graph, in order; `run`: what is trained, if that is known. */
export interface Subject {
  readonly compilation: Compilation;
  readonly reports: readonly PassReport[];
  /** The one parameter, layer or kernel asked for, and the one pass. */
  readonly of: string | undefined;
  readonly pass?: string | undefined;
  readonly run?: Run | undefined;
  /** What kernels of WebAssembly took, if they were measured. */
  readonly times?: KernelTimes | undefined;
  /** The emitted file, where kernels are shown with their code. */
  readonly code?: ExplainedCode | undefined;
  /** How kernels are written: as loops alone, as the text that WebAssembly is assembled from, or as their target has it if left out. */
  readonly text?: "loops" | "wat" | undefined;
}

/** The rows of the training part, and how often they are gone through. */
export interface Run {
  readonly rows: number;
  readonly epochs: number;
}

/** Text in columns, two spaces between them; columns of numbers stand to the right, fractions with three digits. */
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
