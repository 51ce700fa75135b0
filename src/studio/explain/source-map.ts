/**
 * Finds the locations in the spec's text from which parts of the compilation come, and builds the source map
 * of an emitted file (ECMA-426).
 */
import { GenMapping, addMapping, setSourceContent, toEncodedMap } from "@jridgewell/gen-mapping";
import type { EncodedSourceMap } from "@jridgewell/gen-mapping";
import { formatPath } from "../../compiler/diagnostics/diagnostic.ts";
import type { Diagnostic, SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import type { EmittedFile, LineOrigin } from "../../compiler/emit/emitted-file.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { SpecLocation } from "../explanation.ts";

// Locations in the text of a spec. All are found in one call, because parsing the text takes milliseconds.

export type LocationOf = (path: SpecLocation["path"]) => SpecLocation | undefined;

/**
 * Finds the locations of these paths. The result is a function that returns undefined for any other path, and
 * for every path if the spec has no text.
 */
export async function specLocations(
  source: SpecSource | undefined,
  paths: readonly SpecLocation["path"][],
): Promise<LocationOf> {
  const asked = new Map(paths.map((path) => [formatPath(path), path]));
  const questions = [...asked.values()].map((path): Diagnostic => ({
    code: "internal",
    severity: "warning",
    message: "",
    path,
  }));
  const found = new Map(
    ((await source?.locate(questions)) ?? []).flatMap(({ path, location }): [string, SpecLocation][] => {
      const { line, column } = location ?? {};
      if (path === undefined || line === undefined || column === undefined) return [];
      return [[formatPath(path), { path, line, column }]];
    }),
  );
  return (path) => found.get(formatPath(path));
}

// The locations in the spec from which emitted lines come. Many lines share a location, which is computed
// only once.

/**
 * Returns a function that finds the location of a path. It returns undefined if the spec has no text, or if
 * the text has no location for the path.
 */
export function locationFinder(
  source: SpecSource | undefined,
): (path: SpecLocation["path"] | undefined) => Promise<SpecLocation | undefined> {
  const known = new Map<string, Promise<SpecLocation | undefined>>();
  const find = async (path: SpecLocation["path"]): Promise<SpecLocation | undefined> => {
    const location = await source?.locationOf(path);
    return location && { path, ...location };
  };
  return (path) => {
    if (path === undefined) return Promise.resolve(undefined);
    const key = formatPath(path);
    const location = known.get(key) ?? find(path);
    known.set(key, location);
    return location;
  };
}

// The source map of an emitted file, version 3 (ECMA-426). It maps each line to the line and column of the
// spec from which it comes. Lines that do not come from the spec, such as those of the runtime, map to
// themselves. Without a mapping, many tools would give such a line the location of the line before it.

export interface SourceMapNames {
  /** The name of the emitted file, without folders. */
  readonly file: string;
  /** The URL of the spec, relative to the URL of the map. */
  readonly spec: string;
}

/** Source maps count lines from 1 and columns from 0; locations in specs count both from 1. */
export async function sourceMap(
  emitted: EmittedFile,
  source: SpecSource,
  { file, spec }: SourceMapNames,
): Promise<EncodedSourceMap> {
  const map = new GenMapping({ file });
  setSourceContent(map, spec, source.text);
  setSourceContent(map, encodeURIComponent(file), emitted.text);
  const locationOf = locationFinder(source);
  const origins = emitted.lines();
  for (const [index, text] of emitted.text.split("\n").entries()) {
    const origin = origins[index];
    const generated = { line: index + 1, column: 0 };
    const location = await locationOf(origin?.path);
    const to =
      location === undefined
        ? { generated, source: encodeURIComponent(file), original: generated }
        : { generated, source: spec, original: { line: location.line, column: location.column - 1 } };
    const name = origin && text.startsWith("function ") ? partsServed(origin) : undefined;
    if (name === undefined) {
      addMapping(map, to);
      continue;
    }
    // Profilers and stack traces look for a name at the start of a function. The second mapping has no name,
    // so the parameters of the function keep their own names.
    addMapping(map, { ...to, name });
    addMapping(map, { ...to, generated: { ...generated, column: text.indexOf("(") + 1 } });
  }
  return toEncodedMap(map);
}

/** Stack traces show these names, so a name lists at most this many layers and the number of the others. */
const namedLayers = 3;

/**
 * The parts of the model to which a kernel belongs, such as `dense1`, `gradient of dense1`, `loss` or
 * `optimizer`. A kernel can serve several layers.
 */
function partsServed({ nodes, path = [] }: LineOrigin): string {
  const own = nodes.map(({ node }) => node.origin).filter((origin) => isWithin(origin.path ?? [], path));
  const parts = [...new Set(own.map(({ layer }) => layer ?? String(path[0])))];
  if (parts.length === 0) return String(path[0]);
  const names = parts.slice(0, namedLayers).join(", ");
  const more = parts.length > namedLayers ? ` and ${parts.length - namedLayers} more` : "";
  return `${own.every(({ rule }) => rule !== undefined) ? "gradient of " : ""}${names}${more}`;
}

const isWithin = (path: SpecPath, outer: SpecPath): boolean => outer.every((step, i) => path[i] === step);
