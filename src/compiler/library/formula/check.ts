/**
 * Checks a formula before anything is built: all names are known in its context, functions have the right
 * number of arguments, and the result has the required form. It finds all errors, each with its span.
 */
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import { didYouMean } from "../../util/message-text.ts";
import { functions } from "./functions.ts";
import type { Expression, FormulaError, Sign, Span } from "./syntax.ts";

/** "one": a single number. "many": one number per element of a row, or per parameter. */
export type Kind = "one" | "many";

/** The context of a formula: the names that it may use, and the result that it must have. */
export interface FormulaContext {
  /** The kind of formula in messages, such as "an activation". */
  readonly what: string;
  readonly names: ReadonlyMap<string, Kind>;
  /**
   * Whether `sum` and `mean` are available, and over what they run. Nested totals over rows are an error,
   * because they would need a second pass over the data.
   */
  readonly totals: "none" | "over rows" | "over parameters";
  /** Whether values have axes, so that `softmax` can run along the last one. */
  readonly hasAxes: boolean;
  /** "one": the formula must reduce all values to one number by sums and means. */
  readonly result: "one" | "any";
  /** Returns a message for an unknown name that is specific to the context; undefined if there is none. */
  explain?(
    name: string,
  ): { readonly code: DiagnosticCode; readonly message: string; readonly hint: string } | undefined;
}

export const constantNames: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };

/** The errors of the formula, and the kind of its result. */
export function checkFormula(
  tree: Expression,
  context: FormulaContext,
): { readonly kind: Kind; readonly errors: readonly FormulaError[] } {
  const errors: FormulaError[] = [];
  const kind = kindOf(tree, { context, errors, isInTotal: false });
  if (kind === "many" && context.result === "one" && errors.length === 0)
    errors.push(outsideTotals(tree, context));
  return { kind, errors };
}

interface CheckState {
  readonly context: FormulaContext;
  readonly errors: FormulaError[];
  readonly isInTotal: boolean;
}

const widest = (kinds: readonly Kind[]): Kind => (kinds.includes("many") ? "many" : "one");

function kindOf(x: Expression, state: CheckState): Kind {
  const of = (part: Expression) => kindOf(part, state);
  switch (x.kind) {
    case "number":
      if (!Number.isFinite(x.value)) report(state, x, "T1601", "contains a number that is too large");
      return "one";
    case "name":
      return kindOfName(x, state);
    case "call":
      return kindOfCall(x, state);
    case "negate":
      return of(x.x);
    case "binary":
      for (const part of [x.x, x.y])
        if (isComparison(x.sign) && part.kind === "binary" && isComparison(part.sign) && !part.isBracketed)
          report(
            state,
            x,
            "T1601",
            "contains a chain of comparisons",
            "write a < b < c as (a < b) * (b < c)",
          );
      return widest([of(x.x), of(x.y)]);
    case "choose":
      return widest([of(x.condition), of(x.x), of(x.y)]);
  }
}

const isComparison = (sign: Sign): boolean => /[<>=]/.test(sign);

function report(
  { errors }: CheckState,
  { start, end }: Span,
  code: DiagnosticCode,
  message: string,
  hint?: string,
): void {
  errors.push({ code, message, span: { start, end }, ...(hint === undefined ? {} : { hint }) });
}

function kindOfName(x: Expression & { kind: "name" }, state: CheckState): Kind {
  const { context } = state;
  const kind = context.names.get(x.name);
  if (kind !== undefined) return kind;
  if (Object.hasOwn(constantNames, x.name)) return "one";
  const explained = context.explain?.(x.name);
  if (explained !== undefined) {
    report(state, x, explained.code, explained.message, explained.hint);
    return "many";
  }
  const form = formOf(x.name, context);
  const message =
    form === undefined
      ? `uses the unknown name ${quoted(x.name)}`
      : `uses the function ${x.name} without calling it`;
  const known = [...context.names.keys()];
  const hint =
    form === undefined
      ? suggestion(
          x.name,
          [...known, ...Object.keys(constantNames)],
          `known names in ${context.what}: ${known.join(", ")}`,
        )
      : `write ${form}`;
  report(state, x, "T1602", message, hint);
  return "many";
}

const quoted = (name: string): string => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

function suggestion(name: string, known: readonly string[], otherwise: string): string {
  // For a name of one letter, a suggestion would be arbitrary, because any two letters are similar.
  const similar = name.length === 1 ? undefined : didYouMean(name, known);
  return similar === undefined ? otherwise : `did you mean ${quoted(similar)}?`;
}

const totalNames = ["sum", "mean"];

/**
 * The form of a call, such as `clamp(x, low, high)`; undefined if the function is not available in the
 * context.
 */
function formOf(name: string, context: FormulaContext): string | undefined {
  if (totalNames.includes(name)) return context.totals === "none" ? undefined : `${name}(x)`;
  return knows(name, context) ? functions[name].form : undefined;
}

const knows = (name: string, { hasAxes }: FormulaContext): boolean =>
  Object.hasOwn(functions, name) && (hasAxes || functions[name].acts === "on elements");

function kindOfCall(x: Expression & { kind: "call" }, state: CheckState): Kind {
  const { context } = state;
  const isTotal = totalNames.includes(x.name) && context.totals !== "none";
  const errorsBefore = state.errors.length;
  const kinds = x.arguments.map((part) => kindOf(part, isTotal ? { ...state, isInTotal: true } : state));
  if (isTotal) return checkTotal(x, kinds, errorsBefore, state);
  if (!knows(x.name, context)) {
    reportUnknown(x, state);
    return "many";
  }
  const { least, most, form } = functions[x.name];
  const count = kinds.length;
  if (count < least || count > most) reportCount(x, count, form, state);
  if (functions[x.name].acts === "along the last axis" && count === 1 && kinds[0] === "one")
    report(
      state,
      x,
      "T1604",
      `applies ${x.name} to a single number`,
      `${x.name} needs an argument with a last axis`,
    );
  return widest(kinds);
}

function reportCount(x: Expression & { kind: "call" }, count: number, form: string, state: CheckState): void {
  const values =
    count === 0 ? "without arguments" : count === 1 ? "with one argument" : `with ${count} arguments`;
  report(state, x, "T1603", `calls ${x.name} ${values}`, `write ${form}`);
}

function checkTotal(
  x: Expression & { kind: "call" },
  kinds: readonly Kind[],
  errorsBefore: number,
  state: CheckState,
): Kind {
  const { context, isInTotal, errors } = state;
  if (kinds.length !== 1) reportCount(x, kinds.length, `${x.name}(x)`, state);
  else if (isInTotal && context.totals === "over rows")
    report(
      state,
      x,
      "T1604",
      `applies ${x.name} inside another sum or mean`,
      "it would need a second pass over the data; write mean((a - mean(a))^2) as mean(a^2) - mean(a)^2",
    );
  else if (kinds[0] === "one" && errors.length === errorsBefore)
    report(
      state,
      x,
      "T1604",
      `applies ${x.name} to a single number`,
      "the argument must have a value per element, such as prediction or target",
    );
  return "one";
}

function reportUnknown(x: Expression & { kind: "call" }, state: CheckState): void {
  const { context } = state;
  const span = { start: x.start, end: x.start + x.name.length };
  if (context.names.has(x.name) || Object.hasOwn(constantNames, x.name))
    return report(
      state,
      span,
      "T1602",
      `calls ${quoted(x.name)}, which is not a function`,
      "use * for a product",
    );
  if (totalNames.includes(x.name))
    return report(
      state,
      span,
      "T1602",
      `uses ${x.name}, which is not available in ${context.what}`,
      `${context.what} must compute one number from one number`,
    );
  if (Object.hasOwn(functions, x.name))
    return report(
      state,
      span,
      "T1602",
      `uses ${x.name}, which is not available in ${context.what}`,
      `values in ${context.what} have no last axis`,
    );
  const known = [
    ...Object.keys(functions).filter((name) => knows(name, context)),
    ...(context.totals === "none" ? [] : totalNames),
  ];
  report(
    state,
    span,
    "T1602",
    `calls the unknown function ${quoted(x.name)}`,
    suggestion(x.name, known, `known functions: ${known.join(", ")}`),
  );
}

/** The error about the first name that is outside any sum or mean. */
function outsideTotals(tree: Expression, { names }: FormulaContext): FormulaError {
  const found = nameOutsideTotals(tree, names) ?? tree;
  const name = found.kind === "name" ? found.name : "values of rows";
  return {
    code: "T1604",
    message: `uses ${name} outside any sum or mean`,
    hint: `write that part inside mean(…), because the formula must compute a single number`,
    span: { start: found.start, end: found.end },
  };
}

function nameOutsideTotals(x: Expression, names: ReadonlyMap<string, Kind>): Expression | undefined {
  if (x.kind === "name") return names.get(x.name) === "many" ? x : undefined;
  if (x.kind === "call" && totalNames.includes(x.name)) return undefined;
  for (const part of partsOf(x)) {
    const found = nameOutsideTotals(part, names);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The direct subexpressions. */
export function partsOf(x: Expression): readonly Expression[] {
  switch (x.kind) {
    case "number":
    case "name":
      return [];
    case "call":
      return x.arguments;
    case "negate":
      return [x.x];
    case "binary":
      return [x.x, x.y];
    case "choose":
      return [x.condition, x.x, x.y];
  }
}
