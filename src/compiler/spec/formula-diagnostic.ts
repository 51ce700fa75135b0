/**
 * Turns errors of formulas and functions into diagnostics. If the spec has no file, the code frame shows the
 * formula.
 */
import type { DiagnosticCode } from "../diagnostics/codes.ts";
import { DiagnosticError, codeFrame } from "../diagnostics/errors.ts";
import type { Collector } from "../diagnostics/errors.ts";
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { SpecPath, TextPart } from "../diagnostics/diagnostic.ts";
import { BuildError } from "../library/build-error.ts";
import type { FormulaError } from "../library/formula/syntax.ts";
import { lineIndex } from "../util/line-index.ts";

/** Reports an error in the formula `text` at `path`. */
export function reportFormulaError(
  problems: Collector,
  path: SpecPath,
  text: string,
  { code, message, hint, span }: FormulaError,
): void {
  reportPart(problems, path, code, `the formula ${message}`, { text, ...span }, hint);
}

function reportPart(
  problems: Collector,
  path: SpecPath,
  code: DiagnosticCode,
  message: string,
  within: TextPart,
  hint: string | undefined,
): void {
  const index = lineIndex(within.text);
  const { line, column } = index.at(within.start);
  const end = index.at(within.end);
  const endColumn = end.line === line ? end.column : index.lines[line - 1].length + 1;
  const frame = codeFrame(index.lines, { file: "", line, column, endColumn });
  problems.error(path, code, `${formatPath(path)}: ${message}`, { within, hint, frame });
}

/** Runs `build`. If a formula or a function has an error, reports it and returns undefined. */
export function reportingErrors<T>(problems: Collector, path: SpecPath, build: () => T): T | undefined {
  try {
    return build();
  } catch (error) {
    if (error instanceof BuildError) reportBuildError(problems, path, error);
    else if (error instanceof DiagnosticError) problems.add(error.diagnostics);
    else throw error;
    return undefined;
  }
}

export function reportBuildError(
  problems: Collector,
  path: SpecPath,
  { code, message, details }: BuildError,
): void {
  const { hint, key, within } = details;
  if (within !== undefined) return reportPart(problems, [...path, "formula"], code, message, within, hint);
  const whole = key === undefined ? path : [...path, key];
  const sentence = `${formatPath(path)}: ${message}`;
  // The copies of a repeated block have the same path in the spec. Their common error is reported once.
  if (!problems.found.some((known) => known.message === sentence))
    problems.error(whole, code, sentence, { hint });
}
