/** `tapeless verify`: how far emitted gradients are from central differences, and every target from the interpreter. */
import type { ParameterCheck } from "../verify/check-gradients.ts";
import type { Verification } from "../verify/verify-model.ts";
import { compileSpec } from "./compile-spec.ts";

export interface VerifyFlags {
  readonly json?: boolean;
}

/** Errors from here on are faults. */
const largestError = 1e-6;

/** Returns the exit code: 1 if an error is too large. */
export async function verifySpec(spec: string, { json }: VerifyFlags): Promise<number> {
  const { compilation } = await compileSpec(spec, { dtype: "f64" });
  const { verifyModel } = await import("../verify/verify-model.ts");
  const result = await verifyModel(compilation);
  const worst = Math.max(0, ...result.parameters.map(({ relativeError }) => relativeError));
  if (json) {
    const parameters = result.parameters.map(({ name, relativeError }) => ({ name, relativeError }));
    process.stdout.write(`${JSON.stringify({ worst, parameters })}\n`);
  } else process.stdout.write(verificationText(compilation.model.name, worst, result));
  return worst < largestError && result.targets.every(({ holds }) => holds) ? 0 : 1;
}

function verificationText(name: string, worst: number, { rows, parameters, targets }: Verification): string {
  const width = Math.max(...parameters.map((parameter) => parameter.name.length));
  const kinks = parameters.reduce((sum, parameter) => sum + parameter.kinks, 0);
  const verdict = worst < largestError ? "below" : "NOT below";
  return [
    `${name}: emitted gradients (f64, ${rows} ${rows === 1 ? "row" : "rows"}) against central differences of the emitted loss`,
    ...parameters.flatMap((parameter) => parameterText(parameter, width)),
    `  worst relative error ${worst.toExponential(1)}, ${verdict} ${largestError}${kinks > 0 ? `; ${kinks} kinks left out` : ""}`,
    `${name}: emitted trainers against the reference interpreter`,
    ...targets.map(
      ({ target, backend, dtype, loss, gradients, predictions, summary, holds }) =>
        `  ${target === backend ? target : `${target} (${backend})`} ${dtype}  loss ${loss.toExponential(1)}  gradients ${gradients.toExponential(1)}  predictions ${predictions.toExponential(1)}  evaluation ${summary.toExponential(1)}${holds ? "" : "  TOO FAR APART"}`,
    ),
    "",
  ].join("\n");
}

function parameterText(
  { name, elements, directions, kinks, relativeError, worst }: ParameterCheck,
  width: number,
): string[] {
  const compared = directions > 0 ? `${elements} elements, ${directions} directions` : `${elements} elements`;
  const left = kinks > 0 ? `, ${kinks} kinks` : "";
  const line = `  ${name.padEnd(width)}  ${relativeError.toExponential(1)}  (${compared}${left})`;
  if (relativeError < largestError) return [line];
  return [line, `    at ${worst.at}: emitted ${worst.emitted}, central difference ${worst.expected}`];
}
