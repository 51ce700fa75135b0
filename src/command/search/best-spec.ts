// Writes the best candidate as a spec in JSON or YAML. Paths of other files are made relative to the new
// file.
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { stringify } from "yaml";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { withValue } from "./candidates.ts";
import { keysOf, member } from "../../compiler/spec/raw-spec.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";

/**
 * `from`: the file of the searched spec; `to`: the file of the new spec, which ends in .json, .yaml or .yml.
 */
export function specText(spec: unknown, from: string, to: string): string {
  if (holdsFunction(spec)) {
    const message = `${to}: the best candidate contains functions, which only a TypeScript spec can contain`;
    throw new DiagnosticError([
      { code: "T1707", severity: "error", message, hint: "copy its values to the TypeScript spec by hand" },
    ]);
  }
  const moved = pathsOfFiles(spec).reduce((changed, path) => {
    const file = path.reduce(member, changed);
    const isMoved = typeof file === "string" && !isAbsolute(file) && !/^\w+:/.test(file);
    return isMoved ? withValue(changed, path, movedFile(file, from, to)) : changed;
  }, spec);
  return to.endsWith(".json")
    ? `${JSON.stringify(moved, undefined, 2)}\n`
    : stringify(moved, { flowCollectionPadding: true });
}

const movedFile = (file: string, from: string, to: string): string =>
  relative(dirname(resolve(to)), resolve(dirname(from), file)).replaceAll("\\", "/");

function pathsOfFiles(spec: unknown): SpecPath[] {
  const data = member(spec, "data");
  const files = (owner: unknown, path: SpecPath): SpecPath[] =>
    keysOf(member(owner, "idx")).map((name) => [...path, "idx", name]);
  return [
    ["$schema"],
    ["data", "file"],
    ["data", "train"],
    ["data", "test"],
    ["data", "validation"],
    ["training", "test", "file"],
    ["training", "validation", "file"],
    ...files(data, ["data"]),
    ...["train", "test"].flatMap((part) => files(member(data, part), ["data", part])),
  ];
}

const holdsFunction = (value: unknown): boolean =>
  typeof value === "function" ||
  (typeof value === "object" && value !== null && Object.values(value).some(holdsFunction));
