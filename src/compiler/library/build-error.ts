/**
 * An error in a part of the spec that runs while graphs are built: a formula whose shapes do not fit, a
 * function of a TypeScript spec, or a layer that rejects its inputs. The caller knows the path in the spec
 * and turns the error into a diagnostic.
 */
import type { DiagnosticCode } from "../diagnostics/codes.ts";
import type { TextPart } from "../diagnostics/diagnostic.ts";

interface BuildErrorDetails {
  readonly hint?: string;
  /** The key with the error, in the object that is being built. */
  readonly key?: string;
  /** The part of a formula that has the error. */
  readonly within?: TextPart;
}

export class BuildError extends Error {
  readonly code: DiagnosticCode;
  readonly details: BuildErrorDetails;
  constructor(code: DiagnosticCode, message: string, details: BuildErrorDetails = {}) {
    super(message);
    this.name = "BuildError";
    this.code = code;
    this.details = details;
  }
}
