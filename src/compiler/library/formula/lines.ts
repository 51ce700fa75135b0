/**
 * An optimizer that consists of a few lines, such as "state.m = 0.9 * state.m + gradient" and "parameter =
 * parameter - rate * state.m". The lines run in order. A name has the value that was last assigned to it.
 */
import { didYouMean } from "../../util/message-text.ts";
import { checkFormula, constantNames, partsOf } from "./check.ts";
import type { Kind, FormulaContext } from "./check.ts";
import { functions } from "./functions.ts";
import { constantKinds } from "./keys.ts";
import type { Constants } from "./keys.ts";
import { deepest, parseLine } from "./syntax.ts";
import type { Expression, FormulaError, Line } from "./syntax.ts";

const prefix = "state.";

/** The NAME in `state.NAME`; undefined for any other name. */
export const stateName = (name: string): string | undefined =>
  name.startsWith(prefix) ? name.slice(prefix.length) : undefined;

/** The names of all states, in the order of their first assignment. Skips lines that cannot be parsed. */
export function statesOf(lines: readonly string[]): string[] {
  const names = lines.flatMap((line) => {
    const parsed = parseLine(line);
    return "tree" in parsed ? (stateName(parsed.tree.name) ?? []) : [];
  });
  return [...new Set(names)];
}

/** An error in one line, or in the lines as a whole. */
interface LineError {
  readonly line?: number;
  readonly error: FormulaError;
}

export function checkLines(lines: readonly string[], constants: Constants): LineError[] {
  const found: LineError[] = [];
  const names = new Map<string, Kind>([
    ["parameter", "many"],
    ["gradient", "many"],
    ["step", "one"],
    ["rate", "one"],
    ...statesOf(lines).map((name): [string, Kind] => [`${prefix}${name}`, "many"]),
    ...constantKinds(constants),
  ]);
  const depths = new Map<string, number>();
  let assigns = false;
  const parsedLines = lines.map(parseLine);
  const assigned = parsedLines.flatMap((parsed) => ("tree" in parsed ? parsed.tree.name : []));
  parsedLines.forEach((parsed, line) => {
    if ("error" in parsed) return void found.push({ line, error: parsed.error });
    const { name, value } = parsed.tree;
    const error = targetError(parsed.tree, constants);
    if (error !== undefined) found.push({ line, error });
    const { kind, errors } = checkFormula(value, optimizerContext(names, assigned));
    for (const each of errors) found.push({ line, error: each });
    const depth = depthOf(value, depths);
    depths.set(name, depth);
    if (depth > deepest) {
      const message = `is nested deeper than ${deepest} levels, counting the lines whose names it reads`;
      found.push({ line, error: { code: "T1606", message, span: { start: value.start, end: value.end } } });
      depths.set(name, 0);
    }
    assigns ||= name === "parameter";
    if (!names.has(name) && stateName(name) === undefined) names.set(name, kind);
  });
  const isRead = found.every(({ error }) => error.code !== "T1601");
  if (!assigns && isRead) {
    const message = "does not assign a value to parameter";
    const hint = 'add a line such as "parameter = parameter - rate * gradient"';
    found.push({ error: { code: "T1605", message, hint, span: { start: 0, end: 1 } } });
  }
  return found;
}

/** The depth of nested operations in an expression, including the lines whose names it reads. */
function depthOf(x: Expression, depths: ReadonlyMap<string, number>): number {
  if (x.kind === "name") return depths.get(x.name) ?? 0;
  return partsOf(x).reduce((depth, part) => Math.max(depth, 1 + depthOf(part, depths)), 0);
}

/** `assigned`: the names to which any line assigns a value. */
const optimizerContext = (names: ReadonlyMap<string, Kind>, assigned: readonly string[]): FormulaContext => ({
  what: "an optimizer",
  names,
  totals: "over parameters",
  hasAxes: false,
  result: "any",
  explain: (name) => {
    if (assigned.includes(name))
      return {
        code: "T1605",
        message: `reads ${name} before a line assigns it`,
        hint: "lines run in order; to keep a value from step to step, name it state.NAME",
      };
    if (stateName(name) === undefined) return undefined;
    const similar = didYouMean(
      name,
      [...names.keys()].filter((known) => known.startsWith(prefix)),
    );
    const hint =
      similar === undefined
        ? `add a line "${name} = …"; a state is 0 before the first step`
        : `did you mean "${similar}"?`;
    return { code: "T1605", message: `reads ${name}, but no line assigns it`, hint };
  },
});

/** Returns an error if the line assigns a value to a name that must not be assigned, such as a constant. */
function targetError({ name, nameSpan }: Line, constants: Constants): FormulaError | undefined {
  const refuse = (message: string, hint: string): FormulaError => ({
    code: "T1605",
    message,
    hint,
    span: nameSpan,
  });
  const state = stateName(name);
  if (state === undefined && name.includes("."))
    return refuse(
      `assigns a value to ${name}, which is not a valid name`,
      "use a name without a dot, or state.NAME for a value that is kept from step to step",
    );
  if (state !== undefined && (state.includes(".") || state in Object.prototype || state === "step"))
    return refuse(
      `uses the invalid state name ${JSON.stringify(state)}`,
      "choose another name for the state",
    );
  if (name === "step" || name === "rate")
    return refuse(`assigns a value to ${name}, which is read-only`, "choose another name");
  if (Object.hasOwn(constants, name))
    return refuse(`assigns a value to ${name}, which is a constant`, "choose another name");
  if (
    name === "state" ||
    Object.hasOwn(functions, name) ||
    Object.hasOwn(constantNames, name) ||
    name === "sum" ||
    name === "mean"
  )
    return refuse(
      `assigns a value to ${name}, which is the name of a function or constant`,
      "choose another name",
    );
  return undefined;
}
