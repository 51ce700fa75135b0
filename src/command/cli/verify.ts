/** `tapeless verify`: how far emitted gradients are from central differences, and every target from the interpreter. */
import { checkOutputs, ofSpec } from "../files/check-outputs.ts";
import { checkParameter } from "./check-parameter.ts";
import { compileSpec } from "../compile/compile-spec.ts";
import { checkReport, formatOf } from "../train/report-answers.ts";
import { writeFile } from "../files/write-file.ts";

export interface VerifyFlags {
  /** The gradient of this parameter alone. */
  readonly of?: string;
  readonly report?: string;
  readonly json?: boolean;
}

/** Returns the exit code: 1 if an error is too large. */
export async function verifySpec(spec: string, { of, report, json }: VerifyFlags): Promise<number> {
  const { compilation } = await compileSpec(spec, { dtype: "f64" });
  if (of !== undefined) checkParameter(of, compilation);
  await checkOutputs({ "--report": report }, ofSpec(spec, compilation.model));
  await checkReport(report);
  const { verifyModel } = await import("../verify/verify-model.ts");
  const { verificationFormats } = await import("../verify/verification-report.ts");
  const { verdictOf } = await import("../verify/verdict.ts");
  const verification = await verifyModel(compilation, { only: of });
  const subject = { verification, spec };
  process.stdout.write(verificationFormats[json ? "json" : "txt"](subject));
  if (report !== undefined) await writeFile(report, verificationFormats[formatOf(report) ?? "txt"](subject));
  return verdictOf(verification, spec).holds ? 0 : 1;
}
