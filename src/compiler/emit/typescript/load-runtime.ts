/**
 * The runtime's declarations, ready to be copied into a trainer, from the sources of a clone. Taking them apart
 * needs a TypeScript parser and the formatter, half a second; so the result is kept under node_modules/.cache,
 * with a digest of what it was made from. The published package carries the result instead
 * (`src/command/package/published/load-runtime.ts`). Modules in f32 and in f64 compute elementary functions in
 * different ways, and what only checks carry would take names from trainers; each kind has its sources.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import * as z from "zod";
import type { RuntimeSource } from "./parse-runtime.ts";
import type { Declaration, RuntimeParts } from "./runtime-parts.ts";

const kept = z.object({
  digest: z.string(),
  declarations: z.array(
    z.object({ name: z.string(), topic: z.string(), text: z.string(), names: z.array(z.string()) }),
  ),
});

const root = new URL("../../../../", import.meta.url);
const sourceFolder = new URL("src/runtime/", root);
const cache = new URL("node_modules/.cache/tapeless/", root);

/** Modules whose numbers are of this type, or checks, whose numbers are f64. */
export type RuntimeKind = "f32" | "f64" | "check";

/** The folder of what only checks carry, and that of the elementary functions in f32. */
const checkFolder = "check/";
const singleFolder = "numbers/single/";

/** By their names, whatever their folder: the order in which a trainer has them. */
const byName = (a: string, b: string): number =>
  Number(basename(a) > basename(b)) - Number(basename(a) < basename(b));

/**
 * The files of the runtime, as paths from its folder, in the order in which a trainer has them. In f32 a file of
 * single/ follows the one of the same name and replaces the functions that both have; another function of that file
 * is in doubles in f32 too. In a check its own files come first, since they are what it is about.
 */
export function runtimeFiles(kind: RuntimeKind): string[] {
  const files = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts"))
    .sort(byName);
  const isIn = (folder: string) => (file: string) => file.startsWith(folder);
  const singles = kind === "f32" ? files.filter(isIn(singleFolder)) : [];
  const shared = files.filter((file) => !isIn(checkFolder)(file) && !isIn(singleFolder)(file));
  return [
    ...(kind === "check" ? files.filter(isIn(checkFolder)) : []),
    ...[...shared, ...singles].sort(byName),
  ];
}

const readSources = (kind: RuntimeKind): RuntimeSource[] =>
  runtimeFiles(kind).map((file) => ({
    file: basename(file),
    text: readFileSync(new URL(file, sourceFolder), "utf8"),
  }));

const keptAt = (kind: RuntimeKind): URL => new URL(`runtime-parts-${kind}.json`, cache);

/** The code that takes the sources apart. */
const parserFiles: readonly URL[] = ["./parse-runtime.ts", "./free-names.ts", "./runtime-parts.ts"].map(
  (file) => new URL(file, import.meta.url),
);

/** Of the sources, of the code that takes them apart, and of package.json, which pins the formatter. */
function digestOf(sources: readonly RuntimeSource[]): string {
  const hash = createHash("sha256");
  for (const file of [new URL("package.json", root), ...parserFiles]) hash.update(readFileSync(file));
  for (const { file, text } of sources) hash.update(`\0${file}\0${text}`);
  return hash.digest("hex");
}

function readKept(place: URL, digest: string): readonly Declaration[] | undefined {
  try {
    const found = kept.safeParse(JSON.parse(readFileSync(place, "utf8")));
    return found.success && found.data.digest === digest ? found.data.declarations : undefined;
  } catch {
    return undefined; // absent, or half of one: it is made again
  }
}

/** Through a temporary file, so that nobody reads half of it. */
function keep(place: URL, digest: string, declarations: readonly Declaration[]): void {
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
  const place = keptAt(kind);
  let declarations = readKept(place, digest);
  if (declarations === undefined) {
    declarations = await parse(sources);
    try {
      keep(place, digest, declarations);
    } catch {
      // A folder that cannot be written costs time, nothing else.
    }
  }
  return new Map(declarations.map((declaration) => [declaration.name, declaration]));
}
