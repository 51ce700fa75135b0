/** The keys that every formula has, and the parsed trees of formulas that passed the checks. */
import * as z from "zod";
import { BuildError } from "../build-error.ts";
import type { Value } from "./functions.ts";
import type { Kind } from "./check.ts";
import { parseFormula } from "./syntax.ts";
import type { Expression, Parsed } from "./syntax.ts";

/**
 * A key whose value is a function in a TypeScript spec. JSON cannot express functions, so the JSON Schema
 * excludes them by `not: {}`.
 */
export const functionKey = <F>() =>
  z
    .custom<F>((value) => typeof value === "function", {
      error: "must be a function, which only a TypeScript spec can contain",
      params: { code: "T1201" },
    })
    .meta({ not: {} });

/** A key whose value is a formula: a string or, in a TypeScript spec, a function. */
export const formulaKey = <F>(about: string) => z.union([z.string(), functionKey<F>()]).describe(about);

export const constantsKey = z
  .record(z.string(), z.number())
  .default({})
  .describe("Constants that the formula can use by name, such as { beta: 1.5 }.");

export type Constants = Readonly<Record<string, number>>;

/** The form of names that a formula can use. */
export const nameInFormula = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const constantKinds = (constants: Constants): [string, Kind][] =>
  Object.keys(constants).map((name) => [name, "one"]);

export const constantValues = (constants: Constants): [string, Value][] => Object.entries(constants);

export function treeOf<T = Expression>(text: string, parsed: Parsed<T>): T {
  if ("tree" in parsed) return parsed.tree;
  const { code, message, span } = parsed.error;
  throw new BuildError(code, `the formula ${message}`, { within: { text, ...span } });
}

export const expressionTree = (text: string): Expression => treeOf(text, parseFormula(text));
