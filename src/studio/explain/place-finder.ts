/**
 * Where the origins of emitted lines stand in the text of the spec. Many lines are of one place, which is
 * looked for once.
 */
import { formatPath } from "../../compiler/diagnostics/format-path.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { SpecPlace } from "../explanation.ts";

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
