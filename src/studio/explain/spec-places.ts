/**
 * Where in the text of a spec what was compiled is written. All places are found at once: reading the text
 * again takes some milliseconds.
 */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { formatPath } from "../../compiler/diagnostics/path.ts";
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
    code: "internal",
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

// Where the origins of emitted lines stand in the text of the spec. Many lines are of one place, which is
// looked for once.

/** Nothing without a text, and for what has no place in it. */
export function placeFinder(
  source: SpecSource | undefined,
): (path: SpecPlace["path"] | undefined) => Promise<SpecPlace | undefined> {
  const known = new Map<string, Promise<SpecPlace | undefined>>();
  const find = async (path: SpecPlace["path"]): Promise<SpecPlace | undefined> => {
    const place = await source?.placeOf(path);
    return place && { path, ...place };
  };
  return (path) => {
    if (path === undefined) return Promise.resolve(undefined);
    const key = formatPath(path);
    const place = known.get(key) ?? find(path);
    known.set(key, place);
    return place;
  };
}
