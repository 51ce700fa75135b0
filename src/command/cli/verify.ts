/**
 * `tapeless verify`: compares emitted gradients with central differences, and every target with the
 * interpreter.
 */
import { located } from "../../compiler/spec/read/spec-source.ts";
import { checkOutputs, ofSpec, writeFile } from "../files/write-file.ts";
import { checkParameter } from "../verify/check-parameter.ts";
import { compileSpec, readGuarded } from "../compile/compile-spec.ts";
import { checkReport, formatOf } from "../train/report-predictions.ts";
import { usageError } from "../terminal/report-error.ts";
import { printText } from "../terminal/terminal-text.ts";

export interface VerifyFlags {
  /** Check only the gradient of this parameter. */
  readonly of?: string;
  readonly report?: string;
  readonly json?: boolean;
  /** Find the compiler stage that causes an error. */
  readonly bisect?: boolean;
}

/** Returns the exit code: 1 if an error is too large. */
export async function verifySpec(
  spec: string,
  { of, report, json, bisect: bisects }: VerifyFlags,
): Promise<number> {
  if (bisects && (of !== undefined || report !== undefined))
    throw usageError(`--bisect cannot be combined with ${of === undefined ? "--report" : "--of"}`);
  if (bisects) return bisectSpec(spec, json === true);
  const { compilation } = await compileSpec(spec, { dtype: "f64" });
  if (of !== undefined) checkParameter(of, compilation);
  await checkOutputs({ "--report": report }, ofSpec(spec, compilation.model));
  await checkReport(report);
  const { verifyModel } = await import("../verify/verify-model.ts");
  const { verificationFormats } = await import("../verify/verification-report.ts");
  const { verdictOf } = await import("../verify/verification-report.ts");
  const verification = await verifyModel(compilation, { only: of });
  const subject = { verification, spec };
  if (json) process.stdout.write(verificationFormats.json(subject));
  else printText(verificationFormats.txt(subject));
  if (report !== undefined)
    await writeFile(report, await verificationFormats[formatOf(report) ?? "txt"](subject));
  return verdictOf(verification, spec).holds ? 0 : 1;
}

/** Returns the exit code: 1 if the result of a stage differs. */
async function bisectSpec(spec: string, asJson: boolean): Promise<number> {
  const { model, source } = await readGuarded(spec);
  const { bisect, bisectionText } = await import("../verify/bisect.ts");
  const bisection = await located(source, () => bisect(model));
  process.stdout.write(
    asJson ? `${JSON.stringify(bisection, undefined, 2)}\n` : bisectionText(bisection, spec),
  );
  return bisection.first === undefined ? 0 : 1;
}
