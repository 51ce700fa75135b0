/**
 * A loss of two numbers, as the view of paths takes it: checked in its own words, before it stands in a spec
 * as a loss over rows.
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

/** @throws DiagnosticError with everything that is wrong */
export function checkPlaneFormula(formula: string): void {
  const faults = faultsOf(formula);
  if (faults.length === 0) return;
  throw new DiagnosticError(
    faults.map(({ code, message, hint }) => ({
      code,
      severity: "error",
      message: `the formula ${message}`,
      hint,
      path: [],
    })),
  );
}

function faultsOf(formula: string): readonly Omit<FormulaError, "span">[] {
  const parsed = parseFormula(formula);
  if ("error" in parsed) return [parsed.error];
  const { errors } = checkFormula(parsed.tree, plane);
  if (errors.length > 0 || /\b[xy]\b/.test(formula)) return errors;
  const hint = "write x, y or both, as in x^2 + y^2";
  return [{ code: "T1604", message: "does not depend on x or y, so that there is no way down", hint }];
}
