// What is wrong with something that the user wrote, as data: so that several can be collected, placed in the source
// later, and rendered once.

import type { DiagnosticCode } from "./codes.ts";

/** A line and column of a file, both from 1; `endColumn` is the column after the last marked character of that line. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly endColumn?: number;
}

/** The way from the root of a spec to a value: keys and list indices. */
export type SpecPath = readonly (string | number)[];

/** A part of a text, by offsets, `end` exclusive. */
export interface TextPart {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One error or warning. All codes, with cause and fix, are in codes.ts; "internal" is a bug of the compiler. */
export interface Diagnostic {
  readonly code: DiagnosticCode | "internal";
  readonly severity: "error" | "warning";
  /** The whole sentence, the path in the spec included: "network[1].units must be a positive integer, got -3". */
  readonly message: string;
  /** Where in the spec; whoever has the source text turns it into `place` and `frame`. */
  readonly path?: SpecPath;
  /** Whether the key at the end of `path` is meant, or (as usual) the value under it. */
  readonly at?: "key" | "value";
  /** Of a text at the end of `path`, a formula: the part that is meant. */
  readonly within?: TextPart;
  readonly place?: Place;
  /** What would be right. */
  readonly hint?: string;
  readonly notes?: readonly string[];
  /** The lines of source around `place`, the place marked. */
  readonly frame?: string;
}
