/**
 * Loads the declarations of the runtime, ready to be copied into a module, from the sources in the
 * repository. Parsing and formatting take half a second, so the result is cached in node_modules/.cache with
 * a digest of the sources. The published package contains the result instead
 * (`src/command/package/published/load-runtime.ts`). Each kind of module has its own list of sources:
 * elementary functions differ between f32 and f64, and only checks include the proof files.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { chapters, proofFolder, singlePrecisionFile, windowRowsFile } from "../../../runtime/chapters.ts";
import type { ChapterName } from "../../../runtime/chapters.ts";
import type { RuntimeSource } from "./parse-runtime.ts";
import type { Declaration, RuntimeParts } from "./runtime-parts.ts";

const strings = z.array(z.string());
const reads = { names: strings, mentions: strings };
const cached = z.object({
  digest: z.string(),
  declarations: z.array(
    z.object({
      name: z.string(),
      chapter: z.enum(chapters.map(({ name }) => name)),
      text: z.string(),
      ...reads,
      optional: z.array(
        z.object({ name: z.string(), isCode: z.boolean(), from: z.number(), to: z.number(), ...reads }),
      ),
    }),
  ),
});

const root = new URL("../../../../", import.meta.url);
const sourceFolder = new URL("src/runtime/", root);
const cache = new URL("node_modules/.cache/tapeless/", root);

/** The element type of the module, or `check` for checks, which use f64. */
export type RuntimeKind = "f32" | "f64" | "check";

/** The runtime files for this kind of module, in reading order, as paths relative to `src/runtime/`. */
export const runtimeFiles = (kind: RuntimeKind): string[] => sourcesOf(kind).map(({ file }) => file);

const sourcesOf = (kind: RuntimeKind): { readonly file: string; readonly chapter: ChapterName }[] =>
  chapters
    .flatMap(({ name, files }) => files.map((file) => ({ file, chapter: name })))
    .filter(({ file }) => kind === "check" || !file.startsWith(proofFolder))
    .filter(({ file }) => kind === "f32" || file !== singlePrecisionFile);

const readSources = (kind: RuntimeKind): RuntimeSource[] =>
  sourcesOf(kind).map((source) => ({
    ...source,
    replaces: source.file === singlePrecisionFile,
    isAlternative: source.file === windowRowsFile,
    text: readFileSync(new URL(source.file, sourceFolder), "utf8"),
  }));

const cacheFile = (kind: RuntimeKind): URL => new URL(`runtime-parts-${kind}.json`, cache);

/** The files that parse the sources. */
const parserFiles: readonly URL[] = [
  "./parse-runtime.ts",
  "./optional-code.ts",
  "./runtime-parts.ts",
  "../../../runtime/chapters.ts",
].map((file) => new URL(file, import.meta.url));

/** A digest of the sources, of the parser, and of package.json, which pins the formatter. */
function digestOf(sources: readonly RuntimeSource[]): string {
  const hash = createHash("sha256");
  for (const file of [new URL("package.json", root), ...parserFiles]) hash.update(readFileSync(file));
  for (const { file, chapter, text } of sources) hash.update(`\0${chapter} ${file}\0${text}`);
  return hash.digest("hex");
}

function readCache(place: URL, digest: string): readonly Declaration[] | undefined {
  try {
    const found = cached.safeParse(JSON.parse(readFileSync(place, "utf8")));
    return found.success && found.data.digest === digest ? found.data.declarations : undefined;
  } catch {
    return undefined; // the cache is missing or incomplete, so the caller parses the sources
  }
}

/** Atomic write: a temporary file, then a rename. */
function writeCache(place: URL, digest: string, declarations: readonly Declaration[]): void {
  const partial = new URL(`${place.href}.${process.pid}`);
  mkdirSync(new URL(".", place), { recursive: true });
  writeFileSync(partial, JSON.stringify({ digest, declarations }));
  renameSync(partial, place);
}

const parse = async (sources: readonly RuntimeSource[]): Promise<readonly Declaration[]> =>
  (await import("./parse-runtime.ts")).parseRuntime(sources);

export async function loadRuntime(kind: RuntimeKind): Promise<RuntimeParts> {
  const sources = readSources(kind);
  const digest = digestOf(sources);
  const place = cacheFile(kind);
  let declarations = readCache(place, digest);
  if (declarations === undefined) {
    declarations = await parse(sources);
    try {
      writeCache(place, digest, declarations);
    } catch {
      // If the folder is not writable, the next compilation parses the sources again.
    }
  }
  return new Map(declarations.map((declaration) => [declaration.name, declaration]));
}
