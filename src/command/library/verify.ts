/** `verify` of the library: compares emitted gradients with central differences, and targets with the interpreter. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { checkParameter } from "../verify/check-parameter.ts";
import type { Verdict } from "../verify/verification-report.ts";
import type { Verification } from "../verify/verify-model.ts";
import { breathe, throwIfAborted } from "./aborted.ts";
import { checkOptions, compileOpen, openSpec, warningsOf } from "./open-spec.ts";
import type { SpecFiles, SpecInput } from "./open-spec.ts";

export interface VerifyOptions extends SpecFiles {
  /** Check only the gradient of this parameter. */
  readonly of?: string | undefined;
  /** Cancels the verification before its next check; the promise then rejects with `Aborted`. */
  readonly signal?: AbortSignal | undefined;
}

export interface Verified extends Verdict, Verification {
  readonly warnings: readonly Diagnostic[];
}

/**
 * Verifies a model. In the result, `holds` is true if there are no errors, and `errors` lists wrong gradients
 * and targets.
 *
 * @throws {DiagnosticError} for an invalid spec or option
 * @throws {Aborted} if `signal` stops the work
 */
export async function verify(spec: SpecInput, options: VerifyOptions = {}): Promise<Verified> {
  checkOptions(options, ["of", "signal", "folder", "files"]);
  const { of, signal } = options;
  throwIfAborted(signal);
  const open = await openSpec(spec, options);
  const compilation = await compileOpen(open, { dtype: "f64" });
  if (of !== undefined) checkParameter(of, compilation);
  const [{ verifyModel }, { verdictOf }] = await Promise.all([
    import("../verify/verify-model.ts"),
    import("../verify/verification-report.ts"),
  ]);
  const verification = await verifyModel(compilation, { only: of, pause: () => breathe(signal) });
  const verdict = verdictOf(verification, open.file ?? "SPEC");
  return { ...verification, ...verdict, warnings: await warningsOf(open, compilation) };
}
