// Turns issues that the schema found into helpful diagnostics. The expected values come from the JSON Schema,
// which editors use too, so messages and completions never disagree.
import { isDiagnosticCode } from "../diagnostics/codes.ts";
import type { DiagnosticCode } from "../diagnostics/codes.ts";
import type * as z from "zod";
import { mostKept } from "../diagnostics/errors.ts";
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { Diagnostic, SpecPath } from "../diagnostics/diagnostic.ts";
import { didYouMean, showValue } from "../util/message-text.ts";
import { foreignKey, foreignKeyHint, foreignName } from "./foreign-names.ts";
import { hasNumbers, keysOf, mostListed, mustBe, namesOf, nodeAtPath, sharedKeysOf } from "./json-schema.ts";
import type { SchemaNode } from "./json-schema.ts";
import { hintAboutValue, isQuotedNumber } from "./value-hints.ts";

type Issue = z.core.$ZodIssue;

/**
 * The diagnostics for the issues, at most {@link mostKept}; `omitted` counts the rest. `schema` is the JSON
 * Schema of specs, `spec` the checked value, and `check` finds the issues of another value. `meant` contains
 * the paths of the keys that hints about unknown keys suggest.
 */
export function explain(
  issues: readonly Issue[],
  schema: SchemaNode,
  spec: unknown,
  check: (spec: unknown) => readonly Issue[],
): Explanation {
  const { diagnostics, omitted, meant } = explainAll(issues, schema, spec);
  const hidden = explainHidden(diagnostics, schema, spec, check);
  return {
    diagnostics: [...diagnostics, ...hidden.diagnostics.slice(0, mostKept - diagnostics.length)],
    omitted,
    meant: [...meant, ...hidden.meant],
  };
}

interface Explanation {
  readonly diagnostics: readonly Diagnostic[];
  readonly omitted: number;
  readonly meant: readonly SpecPath[];
}

/**
 * Whether the diagnostic reports a missing key that the user probably misspelt as an unknown key. The hint
 * about the unknown key then suffices.
 */
export const isMisspelt =
  (meant: readonly SpecPath[]) =>
  ({ code, message }: Diagnostic): boolean =>
    code === "T1102" && meant.some((key) => message.startsWith(`${formatPath(key)} is missing`));

function explainAll(issues: readonly Issue[], schema: SchemaNode, spec: unknown): Explanation {
  const diagnostics: Diagnostic[] = [];
  let omitted = 0;
  for (const issue of issues.filter(isCause(issues)).flatMap(ofOneKeyEach)) {
    if (diagnostics.length < mostKept) diagnostics.push(...explainIssue(issue, schema, spec, []));
    else omitted++;
  }
  const meant = diagnostics.flatMap(({ code, path = [] }): SpecPath[] => {
    const key = code === "T1101" ? meantKey(path, schema, spec) : undefined;
    return key === undefined ? [] : [[...path.slice(0, -1), key]];
  });
  return { diagnostics, omitted, meant };
}

/**
 * The depth of the search. Each level of the search finds the unknown types directly inside objects of
 * unknown type.
 */
const deepestUnknown = 4;

/**
 * The errors in objects of unknown type. Without a type the schema does not check their keys, so they are
 * checked again with the type that was probably meant. If no known name is similar, only the keys that all
 * types have are checked.
 */
function explainHidden(
  known: readonly Diagnostic[],
  schema: SchemaNode,
  spec: unknown,
  check: (spec: unknown) => readonly Issue[],
): Pick<Explanation, "diagnostics" | "meant"> {
  const all: Diagnostic[] = [];
  const meant: SpecPath[] = [];
  let [found, guessed] = [known, spec];
  for (let depth = 0; depth < deepestUnknown; depth++) {
    const unknown = found.flatMap(({ code, path = [] }) =>
      code === "T1103" && path.at(-1) === "type" ? [guessAt(path, schema, guessed)] : [],
    );
    if (unknown.length === 0) break;
    for (const { path, type } of unknown) guessed = withValue(guessed, [...path, "type"], type);
    const explained = explainAll(check(guessed), schema, guessed);
    meant.push(...explained.meant);
    found = explained.diagnostics.filter(({ path = [] }) =>
      unknown.some(
        (guess) =>
          guess.path.every((step, i) => step === path[i]) &&
          (guess.keys === undefined || guess.keys.includes(String(path[guess.path.length]))),
      ),
    );
    all.push(...found);
  }
  return { diagnostics: all, meant };
}

/**
 * Returns a type with which to check an object of unknown type. If the type is only a placeholder, only
 * `keys` are checked.
 */
function guessAt(path: SpecPath, schema: SchemaNode, spec: unknown) {
  const owner = path.slice(0, -1);
  const names = namesAt(path, schema, spec);
  const type = meantBy(path, String(valueAt(spec, path)), names).ours;
  if (type !== undefined) return { path: owner, type, keys: undefined };
  const node = nodeAtPath(schema, owner, spec);
  return { path: owner, type: names[0], keys: node === undefined ? [] : sharedKeysOf(node) };
}

/** A copy of the value with a different value at the path. */
function withValue(value: unknown, [step, ...rest]: SpecPath, to: unknown): unknown {
  if (step === undefined) return to;
  if (Array.isArray(value)) return value.map((item, i) => (i === step ? withValue(item, rest, to) : item));
  return { ...Object(value), [step]: withValue(valueAt(value, [step]), rest, to) };
}

/**
 * If an object has an unknown key, its custom checks are not reported, because the unknown key is probably a
 * misspelling of the key whose absence they report.
 */
function isCause(issues: readonly Issue[]): (issue: Issue) => boolean {
  const key = ({ path }: Issue) => JSON.stringify(path.map(String));
  const misspelt = new Set(issues.filter(({ code }) => code === "unrecognized_keys").map(key));
  return (issue) => issue.code !== "custom" || !misspelt.has(key(issue));
}

const ofOneKeyEach = (issue: Issue): Issue[] =>
  issue.code === "unrecognized_keys" ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue];

function explainIssue(issue: Issue, schema: SchemaNode, spec: unknown, prefix: SpecPath): Diagnostic[] {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownKey([...path, key], schema, spec));
  if (issue.code === "invalid_union") return explainUnion(issue, path, schema, spec);
  const value = valueAt(spec, path);
  if (value === undefined && issue.code !== "custom") return [missing(path, schema, spec)];
  if (issue.code === "custom") {
    const code: unknown = issue.params?.code;
    return [wrong(path, isDiagnosticCode(code) ? code : "T1203", `${formatPath(path)} ${issue.message}`)];
  }
  return [mismatch(path, schema, spec)];
}

/**
 * Explains a value that matches none of its possible forms, such as a name, an object or a number. Describes
 * the form that has the type of the value.
 */
function explainUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: SpecPath,
  schema: SchemaNode,
  spec: unknown,
): Diagnostic[] {
  const value = valueAt(spec, path);
  const node = nodeAtPath(schema, path, spec);
  const last = path.at(-1);
  if (issue.errors.length === 0) {
    const owner = nodeAtPath(schema, path.slice(0, -1), spec);
    const names = typeof last === "string" && owner ? namesOf(owner, last) : [];
    if (value === undefined) return [missing(path, schema, spec)];
    return [typeof value === "string" ? unknownName(path, value, names) : mismatch(path, schema, spec)];
  }
  const meant = issue.errors.filter((branch) => branch.every((inner) => !atRoot(inner)));
  // Prefers a form of which no key is missing.
  const complete = meant.find((branch) => branch.every((inner) => !lacks(inner, path, spec)));
  const own = ["formula", "build"].some((key) => valueAt(spec, [...path, key]) !== undefined);
  const untyped = own
    ? meant.find((branch) => branch.every((inner) => !lacksType(inner, path, spec)))
    : undefined;
  if (meant.length > 0)
    return (complete ?? untyped ?? meant[0]).flatMap((inner) => explainIssue(inner, schema, spec, path));
  if (node && isQuotedNumber(value) && hasNumbers(node)) return [mismatch(path, schema, spec)];
  const names = node ? namesOf(node, "type") : [];
  if (typeof value === "string" && names.length > 0) return [unknownName(path, value, names)];
  return [value === undefined ? missing(path, schema, spec) : mismatch(path, schema, spec)];
}

/**
 * Whether a form rejects the type of the value itself. In that case, the value was not meant to have this
 * form.
 */
const atRoot = (issue: Issue): boolean =>
  issue.path.length === 0 &&
  (issue.code === "invalid_type" || issue.code === "invalid_value" || issue.code === "custom");

const lacksType = (issue: Issue, path: SpecPath, spec: unknown): boolean =>
  issue.path.at(-1) === "type" && lacks(issue, path, spec);

/** Whether the issue is that a key is missing. */
const lacks = (issue: Issue, path: SpecPath, spec: unknown): boolean =>
  issue.code !== "unrecognized_keys" &&
  valueAt(spec, [...path, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))]) ===
    undefined;

function unknownKey(path: SpecPath, schema: SchemaNode, spec: unknown): Diagnostic {
  const key = String(path.at(-1));
  const owner = path.slice(0, -1);
  const node = nodeAtPath(schema, owner, spec);
  const { own, others } = node ? keysOf(node, valueAt(spec, owner)) : { own: [], others: [] };
  if (others.includes(key)) {
    const message = `${formatPath(owner)}: ${showValue(key)} cannot be combined with the other keys`;
    return { ...wrong(path, "T1208", message, `allowed keys: ${own.join(", ")}`), at: "key" };
  }
  const similar = meantKey(path, schema, spec);
  const allowed = own.length > 0 ? `allowed keys: ${own.join(", ")}` : undefined;
  const hint = similar
    ? `did you mean ${showValue(similar)}?`
    : (foreignKeyHint(kindOf(owner), key) ?? allowed);
  return unknown(path, hint);
}

function unknown(path: SpecPath, hint: string | undefined): Diagnostic {
  const message = `${formatPath(path.slice(0, -1))}: unknown key ${showValue(path.at(-1))}`;
  return { ...wrong(path, "T1101", message, hint), at: "key" };
}

/** The known key that an unknown key probably means. */
function meantKey(path: SpecPath, schema: SchemaNode, spec: unknown): string | undefined {
  const key = String(path.at(-1));
  const owner = path.slice(0, -1);
  const node = nodeAtPath(schema, owner, spec);
  const { own } = node ? keysOf(node, valueAt(spec, owner)) : { own: [] };
  const foreign = foreignKey(key, own);
  if (foreign !== undefined || foreignKeyHint(kindOf(owner), key) !== undefined) return foreign;
  return didYouMean(key, own);
}

function missing(path: SpecPath, schema: SchemaNode, spec: unknown): Diagnostic {
  // Without a type, the other keys are not checked, so a misspelt "type" is not an unknown key.
  const owner = path.slice(0, -1);
  const misspelt =
    path.at(-1) === "type"
      ? Object.keys(Object(valueAt(spec, owner))).find((key) => didYouMean(key, ["type"]))
      : undefined;
  if (misspelt !== undefined) return unknown([...owner, misspelt], 'did you mean "type"?');
  const names = namesAt(path, schema, spec);
  const needed = neededAt(path, schema, spec);
  if (names.length > 1 && needed !== undefined)
    return wrong(path, "T1102", `${formatPath(path)} is missing`, `choose one of ${names.join(", ")}`);
  return wrong(path, "T1102", `${formatPath(path)} is missing${needed ? `: it must be ${needed}` : ""}`);
}

/** The names that the library's table allows for the value, or for the `type` at the path's end. */
function namesAt(path: SpecPath, schema: SchemaNode, spec: unknown): string[] {
  const node = nodeAtPath(schema, path.at(-1) === "type" ? path.slice(0, -1) : path, spec);
  return node ? namesOf(node, "type") : [];
}

/** The expected value at the path, in words. */
function neededAt(path: SpecPath, schema: SchemaNode, spec: unknown, value?: unknown): string | undefined {
  const kind = kindOf(path);
  const owner = nodeAtPath(schema, path.slice(0, -1), spec);
  if (path.at(-1) === "type" && owner && namesOf(owner, "type").length > 1)
    return `the name of ${article(kind)} ${kind}`;
  const node = nodeAtPath(schema, path, spec);
  return node && mustBe(node, `${article(kind)} ${kind}`, value);
}

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? "an" : "a");

function unknownName(path: SpecPath, name: string, names: readonly string[]): Diagnostic {
  const { hint } = meantBy(path, name, names);
  return wrong(path, "T1103", `${formatPath(path)}: unknown ${kindOf(path)} ${showValue(name)}`, hint);
}

/**
 * Returns the known name that an unknown name probably means, and a hint. Recognises names of other
 * libraries.
 */
function meantBy(
  path: SpecPath,
  name: string,
  names: readonly string[],
): { readonly ours?: string | undefined; readonly hint: string } {
  const foreign = foreignName(kindOf(path), name, names);
  if (foreign !== undefined) return foreign;
  const ours = didYouMean(name, names);
  return { ours, hint: ours ? `did you mean ${showValue(ours)}?` : `known names: ${names.join(", ")}` };
}

/**
 * The error for a value with the wrong type (T1201), a string that is not allowed (T1202), or a number out of
 * range (T1203).
 */
function mismatch(path: SpecPath, schema: SchemaNode, spec: unknown): Diagnostic {
  const value = valueAt(spec, path);
  const node = nodeAtPath(schema, path, spec);
  // A long list of names does not fit into a sentence. The error is then reported as an unknown name.
  const names = node && typeof value === "string" ? namesOf({ anyOf: [node] }, "type") : [];
  if (typeof value === "string" && names.length > mostListed && !isQuotedNumber(value))
    return unknownName(path, value, names);
  // A number in quotes was not meant to be a name, so all forms are described.
  const shown = isQuotedNumber(value) ? undefined : value;
  const needed = neededAt(path, schema, spec, shown) ?? "a different value";
  const code =
    node?.enum && typeof value === "string" ? "T1202" : typeof value === "number" ? "T1203" : "T1201";
  const message = `${formatPath(path)} must be ${needed}, got ${showValue(value)}`;
  return wrong(path, code, message, node && hintAt(path, node, schema, spec));
}

function hintAt(path: SpecPath, node: SchemaNode, schema: SchemaNode, spec: unknown): string | undefined {
  const value = valueAt(spec, path);
  const owner = valueAt(spec, path.slice(0, -1));
  const element = nodeAtPath({ ...node, $defs: schema.$defs }, [0], [value]);
  return hintAboutValue({ path, value, owner, node, element });
}

function wrong(path: SpecPath, code: DiagnosticCode, message: string, hint?: string): Diagnostic {
  return { code, severity: "error", path, message, ...(hint === undefined ? {} : { hint }) };
}

/** What the value at the path selects, such as a layer. */
function kindOf(path: SpecPath): string {
  const keys = path.filter((step) => typeof step === "string" && step !== "type");
  switch (keys.at(-1)) {
    case "network":
    case "layers":
    case "shortcut":
      return "layer";
    case "layer":
      return "recurrent layer";
    case "fn":
    case "activation":
      return "activation";
    case "init":
    case "biasInit":
      return "initialiser";
    case "metrics":
      return "metric";
    case "classWeights":
      return "weighting";
    case "learningRate":
      return "schedule";
    default:
      return String(keys.at(-1) ?? "choice");
  }
}

/** The value at the path, through own properties only. */
function valueAt(spec: unknown, path: SpecPath): unknown {
  let value = spec;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return value;
}
