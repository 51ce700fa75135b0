/**
 * What is wrong with something of the user's that runs while graphs are built: a formula whose shapes do not
 * fit, a function of a TypeScript spec, a layer that refuses what it reads. Whoever knows the place in the
 * spec makes a diagnostic of it.
 */
import type { DiagnosticCode } from "../diagnostics/codes.ts";
import type { TextPart } from "../diagnostics/diagnostic.ts";

interface FaultDetails {
  readonly hint?: string;
  /** The key at fault, below what is being built. */
  readonly key?: string;
  /** The part of a formula that is meant. */
  readonly within?: TextPart;
}

export class Fault extends Error {
  readonly code: DiagnosticCode;
  readonly details: FaultDetails;
  constructor(code: DiagnosticCode, message: string, details: FaultDetails = {}) {
    super(message);
    this.name = "Fault";
    this.code = code;
    this.details = details;
  }
}
