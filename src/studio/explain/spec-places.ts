/**
 * Where in the text of a spec what was compiled is written. All places are found at once: reading the text
 * again takes some milliseconds.
 */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { formatPath } from "../../compiler/diagnostics/format-path.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { SpecPlace } from "../explanation.ts";

export type PlaceOf = (path: SpecPlace["path"]) => SpecPlace | undefined;

/** The place of each of these paths; nothing for others, and where there is no text. */
export async function specPlaces(
  source: SpecSource | undefined,
  paths: readonly SpecPlace["path"][],
): Promise<PlaceOf> {
  const asked = new Map(paths.map((path) => [formatPath(path), path]));
  const questions = [...asked.values()].map((path): Diagnostic => ({
    code: "",
    severity: "warning",
    message: "",
    path,
  }));
  const found = new Map(
    ((await source?.locate(questions)) ?? []).flatMap(({ path, place }): [string, SpecPlace][] => {
      const { line, column } = place ?? {};
      if (path === undefined || line === undefined || column === undefined) return [];
      return [[formatPath(path), { path, line, column }]];
    }),
  );
  return (path) => found.get(formatPath(path));
}
