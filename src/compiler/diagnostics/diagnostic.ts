/** Diagnostics as data, and conversions between spec paths and text. */
import { showValue } from "../util/message-text.ts";
import type { DiagnosticCode } from "./codes.ts";

/**
 * A line and column of a file, both counted from 1. `endColumn` is the column after the last marked character
 * on that line.
 */
export interface SourceLocation {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly endColumn?: number;
}

/** The path from the root of a spec to a value: keys and list indices. */
export type SpecPath = readonly (string | number)[];

/** A part of a text, given by offsets; `end` is exclusive. */
export interface TextPart {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * One error or warning. codes.ts lists all codes, with cause and fix; "internal" means a bug of the compiler.
 */
export interface Diagnostic {
  readonly code: DiagnosticCode | "internal";
  readonly severity: "error" | "warning";
  /** The whole sentence, with the path in the spec: "network[1].units must be a positive integer, got -3". */
  readonly message: string;
  /** The path in the spec. Code that has the source text derives `location` and `frame` from it. */
  readonly path?: SpecPath;
  /** Whether to mark the key at the end of `path`, or (by default) its value. */
  readonly at?: "key" | "value";
  /** The part to mark if the value at `path` is a formula. */
  readonly within?: TextPart;
  readonly location?: SourceLocation;
  /** How to fix the problem. */
  readonly hint?: string;
  readonly notes?: readonly string[];
  /** The lines of source around `location`, with a mark. */
  readonly frame?: string;
}

// Spec paths as text, such as `network[2].units`. Names that are not plain words are quoted, because they may
// contain any text.

/** `["network", 2, "units"]` becomes `network[2].units`; the root is "the spec". */
export function formatPath(path: SpecPath): string {
  if (path.length === 0) return "the spec";
  return path.map(formatStep).join("").replace(/^\./, "");
}

function formatStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z_$][\w$-]*$/.test(step) && step.length <= 64 ? `.${step}` : `[${showValue(step)}]`;
}

// The reverse direction: from text to a path.

// One step of a path: a word, with a dot before it except at the start; [2]; or ["any text"].
const step = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** `network[2].units` becomes `["network", 2, "units"]`; undefined for text that is not a path. */
export function parsePath(text: string): SpecPath | undefined {
  const path: (string | number)[] = [];
  const pattern = new RegExp(step);
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const [matched, word, index, quoted] = pattern.exec(text) ?? [];
    if (matched === undefined || (word !== undefined && matched.startsWith(".") !== start > 0))
      return undefined;
    if (word !== undefined) path.push(word);
    else if (index !== undefined) path.push(Number(index));
    else {
      const name = unquoted(quoted);
      if (name === undefined) return undefined;
      path.push(name);
    }
  }
  return path.length === 0 ? undefined : path;
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}
