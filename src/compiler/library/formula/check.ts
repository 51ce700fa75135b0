/**
 * Checks a formula before anything is built: all names are known in its context, functions get the right number of
 * arguments, and the result has the required form. Finds all errors, each with its span.
 */
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import { didYouMean } from "../../util/message-text.ts";
import { functions } from "./functions.ts";
import type { Expression, FormulaFault, Sign, Span } from "./syntax.ts";

/** Whether a value is one number, or one number per element (of a row, or of the parameters). */
export type Kind = "one" | "many";

/** The context of a formula: the names that it may use, and the result that it must have. */
export interface Place {
  /** "an activation", for messages. */
  readonly what: string;
  readonly names: ReadonlyMap<string, Kind>;
  /** Whether `sum` and `mean` are available; nested over rows, they would need a second pass over the data. */
  readonly totals: "none" | "over rows" | "over parameters";
  /** Whether values have axes, so that `softmax` can run along the last one. */
  readonly hasAxes: boolean;
  /** "one": the formula must reduce all values to one number by sums and means. */
  readonly result: "one" | "any";
  /** A special message for an unknown name, if the context has one. */
  explain?(
    name: string,
  ): { readonly code: DiagnosticCode; readonly message: string; readonly hint: string } | undefined;
}

export const constantNames: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };

/** The errors of the formula, and the kind of its result. */
export function checkFormula(
  tree: Expression,
  place: Place,
): { readonly kind: Kind; readonly faults: readonly FormulaFault[] } {
  const faults: FormulaFault[] = [];
  const kind = kindOf(tree, { place, faults, isInTotal: false });
  if (kind === "many" && place.result === "one" && faults.length === 0) faults.push(loosePart(tree, place));
  return { kind, faults };
}

interface Checking {
  readonly place: Place;
  readonly faults: FormulaFault[];
  readonly isInTotal: boolean;
}

const widest = (kinds: readonly Kind[]): Kind => (kinds.includes("many") ? "many" : "one");

function kindOf(x: Expression, checking: Checking): Kind {
  const of = (part: Expression) => kindOf(part, checking);
  switch (x.kind) {
    case "number":
      if (!Number.isFinite(x.value)) report(checking, x, "T1601", "contains a number that is too large");
      return "one";
    case "name":
      return kindOfName(x, checking);
    case "call":
      return kindOfCall(x, checking);
    case "negate":
      return of(x.x);
    case "binary":
      for (const part of [x.x, x.y])
        if (isComparison(x.sign) && part.kind === "binary" && isComparison(part.sign) && !part.isBracketed)
          report(checking, x, "T1601", "chains comparisons", "write a < b < c as (a < b) * (b < c)");
      return widest([of(x.x), of(x.y)]);
    case "choose":
      return widest([of(x.condition), of(x.x), of(x.y)]);
  }
}

const isComparison = (sign: Sign): boolean => /[<>=]/.test(sign);

function report(
  { faults }: Checking,
  { start, end }: Span,
  code: DiagnosticCode,
  message: string,
  hint?: string,
): void {
  faults.push({ code, message, span: { start, end }, ...(hint === undefined ? {} : { hint }) });
}

function kindOfName(x: Expression & { kind: "name" }, checking: Checking): Kind {
  const { place } = checking;
  const kind = place.names.get(x.name);
  if (kind !== undefined) return kind;
  if (Object.hasOwn(constantNames, x.name)) return "one";
  const explained = place.explain?.(x.name);
  if (explained !== undefined) {
    report(checking, x, explained.code, explained.message, explained.hint);
    return "many";
  }
  const called = formOf(x.name, place);
  const message =
    called === undefined
      ? `uses the unknown name ${quoted(x.name)}`
      : `uses the function ${x.name} without calling it`;
  const known = [...place.names.keys()];
  const hint =
    called === undefined
      ? suggestion(
          x.name,
          [...known, ...Object.keys(constantNames)],
          `names in ${place.what}: ${known.join(", ")}`,
        )
      : `write ${called}`;
  report(checking, x, "T1602", message, hint);
  return "many";
}

const quoted = (name: string): string => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

function suggestion(name: string, known: readonly string[], otherwise: string): string {
  // All names of one letter are near to each other, so a suggestion would be arbitrary.
  const similar = name.length === 1 ? undefined : didYouMean(name, known);
  return similar === undefined ? otherwise : `did you mean ${quoted(similar)}?`;
}

const totalNames = ["sum", "mean"];

/** The form of a call, `clamp(x, low, high)`, if the function is available in the context. */
function formOf(name: string, place: Place): string | undefined {
  if (totalNames.includes(name)) return place.totals === "none" ? undefined : `${name}(x)`;
  return knows(name, place) ? functions[name].form : undefined;
}

const knows = (name: string, { hasAxes }: Place): boolean =>
  Object.hasOwn(functions, name) && (hasAxes || functions[name].acts === "on elements");

function kindOfCall(x: Expression & { kind: "call" }, checking: Checking): Kind {
  const { place } = checking;
  const isTotal = totalNames.includes(x.name) && place.totals !== "none";
  const faultsBefore = checking.faults.length;
  const kinds = x.arguments.map((part) =>
    kindOf(part, isTotal ? { ...checking, isInTotal: true } : checking),
  );
  if (isTotal) return checkTotal(x, kinds, faultsBefore, checking);
  if (!knows(x.name, place)) {
    reportUnknown(x, checking);
    return "many";
  }
  const { least, most, form } = functions[x.name];
  const count = kinds.length;
  if (count < least || count > most) reportCount(x, count, form, checking);
  if (functions[x.name].acts === "along the last axis" && count === 1 && kinds[0] === "one")
    report(
      checking,
      x,
      "T1604",
      `applies ${x.name} to a single number`,
      `${x.name} needs a value with a last axis`,
    );
  return widest(kinds);
}

function reportCount(
  x: Expression & { kind: "call" },
  count: number,
  form: string,
  checking: Checking,
): void {
  const values =
    count === 0 ? "without arguments" : count === 1 ? "with one argument" : `with ${count} arguments`;
  report(checking, x, "T1603", `calls ${x.name} ${values}`, `write ${form}`);
}

function checkTotal(
  x: Expression & { kind: "call" },
  kinds: readonly Kind[],
  faultsBefore: number,
  checking: Checking,
): Kind {
  const { place, isInTotal, faults } = checking;
  if (kinds.length !== 1) reportCount(x, kinds.length, `${x.name}(x)`, checking);
  else if (isInTotal && place.totals === "over rows")
    report(
      checking,
      x,
      "T1604",
      `contains a ${x.name} inside another sum or mean`,
      "that needs a second pass over the data; write mean((a - mean(a))^2) as mean(a^2) - mean(a)^2",
    );
  else if (kinds[0] === "one" && faults.length === faultsBefore)
    report(
      checking,
      x,
      "T1604",
      `takes the ${x.name} of a single number`,
      "its argument must differ from element to element",
    );
  return "one";
}

function reportUnknown(x: Expression & { kind: "call" }, checking: Checking): void {
  const { place } = checking;
  const span = { start: x.start, end: x.start + x.name.length };
  if (place.names.has(x.name) || Object.hasOwn(constantNames, x.name))
    return report(
      checking,
      span,
      "T1602",
      `calls ${quoted(x.name)}, which is not a function`,
      "write a product with *",
    );
  if (totalNames.includes(x.name))
    return report(
      checking,
      span,
      "T1602",
      `uses ${x.name}, which is not available in ${place.what}`,
      `${place.what} computes one number from one number`,
    );
  if (Object.hasOwn(functions, x.name))
    return report(
      checking,
      span,
      "T1602",
      `uses ${x.name}, which is not available in ${place.what}`,
      `values in ${place.what} have no last axis`,
    );
  const known = [
    ...Object.keys(functions).filter((name) => knows(name, place)),
    ...(place.totals === "none" ? [] : totalNames),
  ];
  report(
    checking,
    span,
    "T1602",
    `calls the unknown function ${quoted(x.name)}`,
    suggestion(x.name, known, `known functions: ${known.join(", ")}`),
  );
}

/** The first name outside any sum or mean. */
function loosePart(tree: Expression, { names }: Place): FormulaFault {
  const found = looseName(tree, names) ?? tree;
  const name = found.kind === "name" ? found.name : "it";
  return {
    code: "T1604",
    message: `uses ${name} outside any sum or mean`,
    hint: `the formula must give one number: put the part with ${name} into mean(…)`,
    span: { start: found.start, end: found.end },
  };
}

function looseName(x: Expression, names: ReadonlyMap<string, Kind>): Expression | undefined {
  if (x.kind === "name") return names.get(x.name) === "many" ? x : undefined;
  if (x.kind === "call" && totalNames.includes(x.name)) return undefined;
  for (const part of partsOf(x)) {
    const found = looseName(part, names);
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
