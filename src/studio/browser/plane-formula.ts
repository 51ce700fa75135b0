/**
 * Checks the loss formula of the paths view, which is a function of x and y. The check runs before the
 * formula becomes a spec's loss over rows, so that its error messages name x and y.
 */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { checkFormula, type FormulaContext } from "../../compiler/library/formula/check.ts";
import { parseFormula, type FormulaError } from "../../compiler/library/formula/syntax.ts";

const plane: FormulaContext = {
  what: "f(x, y)",
  names: new Map([
    ["x", "one"],
    ["y", "one"],
  ]),
  totals: "none",
  hasAxes: false,
  result: "any",
};

/** @throws DiagnosticError with all errors */
export function checkPlaneFormula(formula: string): void {
  const errors = errorsOf(formula);
  if (errors.length === 0) return;
  throw new DiagnosticError(
    errors.map(({ code, message, hint }) => ({
      code,
      severity: "error",
      message: `the formula ${message}`,
      hint,
      path: [],
    })),
  );
}

function errorsOf(formula: string): readonly Omit<FormulaError, "span">[] {
  const parsed = parseFormula(formula);
  if ("error" in parsed) return [parsed.error];
  const { errors } = checkFormula(parsed.tree, plane);
  if (errors.length > 0 || /\b[xy]\b/.test(formula)) return errors;
  const hint = "write x, y or both, as in x^2 + y^2";
  return [{ code: "T1604", message: "does not depend on x or y, so there is nothing to minimise", hint }];
}
