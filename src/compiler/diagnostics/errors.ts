// The three kinds of errors: what the user got wrong, what this compiler does not do yet, and what is our own fault.
import type { Diagnostic } from "./diagnostic.ts";
import { render } from "./render.ts";

/**
 * The spec, the data or the command line is wrong. Its message is the rendered diagnostics; the command line
 * exits with 2.
 */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  /** How many more errors there are, which nobody would read. */
  readonly omitted: number;
  constructor(diagnostics: readonly Diagnostic[], omitted = 0) {
    super(render(diagnostics, { omitted }));
    this.name = "DiagnosticError";
    this.diagnostics = diagnostics;
    this.omitted = omitted;
  }
}

/** A known gap; the message says what would be needed. */
export class Unsupported extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Unsupported";
  }
}

/** Our bug: no spec should be able to cause it. */
export class InternalError extends Error {
  constructor(message: string) {
    super(`internal: ${message}`);
    this.name = "InternalError";
  }
}

/** Holds what must be so whatever the user wrote; throws {@link InternalError} otherwise. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}
