/** Locations in the spec's text of what was compiled, and the source map of an emitted file (ECMA-426). */
import { GenMapping, addMapping, setSourceContent, toEncodedMap } from "@jridgewell/gen-mapping";
import type { EncodedSourceMap } from "@jridgewell/gen-mapping";
import { formatPath } from "../../compiler/diagnostics/diagnostic.ts";
import type { Diagnostic, SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import type { EmittedFile, LineOrigin } from "../../compiler/emit/emitted-file.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { SpecPlace } from "../explanation.ts";

// Locations in the text of a spec. All are found at once, because parsing the text takes milliseconds.

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
    ((await source?.locate(questions)) ?? []).flatMap(({ path, location }): [string, SpecPlace][] => {
      const { line, column } = location ?? {};
      if (path === undefined || line === undefined || column === undefined) return [];
      return [[formatPath(path), { path, line, column }]];
    }),
  );
  return (path) => found.get(formatPath(path));
}

// The locations of the origins of emitted lines. Many lines share a location, which is computed once.

/** Nothing without a text, and for what has no place in it. */
export function placeFinder(
  source: SpecSource | undefined,
): (path: SpecPlace["path"] | undefined) => Promise<SpecPlace | undefined> {
  const known = new Map<string, Promise<SpecPlace | undefined>>();
  const find = async (path: SpecPlace["path"]): Promise<SpecPlace | undefined> => {
    const place = await source?.locationOf(path);
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

// The source map of an emitted file, version 3 (ECMA-426): from each of its lines to the line and column of
// the spec that it comes from. What comes from no place there, as the parts that all trainers have, is mapped
// to itself: a line without a mapping is taken by many readers for one of the line before it.

export interface SourceMapNames {
  /** The name of the emitted file, without folders. */
  readonly file: string;
  /** The address of the spec, relative to the map's. */
  readonly spec: string;
}

/** Maps count lines from 1 and columns from 0; the places of a spec count both from 1. */
export async function sourceMap(
  emitted: EmittedFile,
  source: SpecSource,
  { file, spec }: SourceMapNames,
): Promise<EncodedSourceMap> {
  const map = new GenMapping({ file });
  setSourceContent(map, spec, source.text);
  setSourceContent(map, encodeURIComponent(file), emitted.text);
  const placeOf = placeFinder(source);
  const origins = emitted.lines();
  for (const [index, text] of emitted.text.split("\n").entries()) {
    const origin = origins[index];
    const generated = { line: index + 1, column: 0 };
    const place = await placeOf(origin?.path);
    const to =
      place === undefined
        ? { generated, source: encodeURIComponent(file), original: generated }
        : { generated, source: spec, original: { line: place.line, column: place.column - 1 } };
    const name = origin && text.startsWith("function ") ? partsServed(origin) : undefined;
    if (name === undefined) {
      addMapping(map, to);
      continue;
    }
    // A name stands where a function begins: that is where profilers and stack traces look for one. Its
    // parameters keep theirs.
    addMapping(map, { ...to, name });
    addMapping(map, { ...to, generated: { ...generated, column: text.indexOf("(") + 1 } });
  }
  return toEncodedMap(map);
}

/** More layers than this are counted: a name is read in a list of calls. */
const namedLayers = 3;

/**
 * What a kernel computes for: `dense1`, `gradient of dense1`, `loss`, `optimizer`; of one that several layers
 * share all of them.
 */
function partsServed({ nodes, path = [] }: LineOrigin): string {
  const own = nodes.map(({ node }) => node.origin).filter((origin) => isWithin(origin.path ?? [], path));
  const parts = [...new Set(own.map(({ layer }) => layer ?? String(path[0])))];
  if (parts.length === 0) return String(path[0]);
  const said = parts.slice(0, namedLayers).join(", ");
  const more = parts.length > namedLayers ? ` and ${parts.length - namedLayers} more` : "";
  return `${own.every(({ rule }) => rule !== undefined) ? "gradient of " : ""}${said}${more}`;
}

const isWithin = (path: SpecPath, outer: SpecPath): boolean => outer.every((step, i) => path[i] === step);
