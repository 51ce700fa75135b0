/**
 * The runtime's declarations, ready to be copied into a trainer. Taking the sources apart needs a TypeScript parser and the
 * formatter, half a second at every start; so the result is kept, under a digest of what it was made from: in the
 * published package since it was built, in a clone under node_modules/.cache. Modules in f32 and in f64 compute elementary functions
 * in different ways; each kind has its sources.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { RuntimeSource } from "./parse-runtime.ts";
import type { Declaration, RuntimeParts } from "./runtime-parts.ts";

const kept = z.object({
  digest: z.string(),
  declarations: z.array(
    z.object({ name: z.string(), topic: z.string(), text: z.string(), names: z.array(z.string()) }),
  ),
});

const root = new URL("../../../", import.meta.url);
const sourceFolder = new URL("src/runtime/", root);
const singleFolder = new URL("single/", sourceFolder);
/** Made when the package is built. */
const published = new URL("dist/", root);
const cache = new URL("node_modules/.cache/tapeless/", root);

const filesIn = (folder: URL): string[] => readdirSync(folder).filter((file) => file.endsWith(".ts"));

/** In f32 the files of single/ stand in place of those of the same name. */
function readSources(float: "f32" | "f64"): RuntimeSource[] {
  const singles = new Set(float === "f32" ? filesIn(singleFolder) : []);
  const folderOf = (file: string) => (singles.has(file) ? singleFolder : sourceFolder);
  return filesIn(sourceFolder)
    .sort()
    .map((file) => ({ file, text: readFileSync(new URL(file, folderOf(file)), "utf8") }));
}

const keptIn = (folder: URL, float: "f32" | "f64"): URL => new URL(`runtime-parts-${float}.json`, folder);

/** Of the sources and of package.json, which pins the formatter. */
function digestOf(sources: readonly RuntimeSource[]): string {
  const hash = createHash("sha256").update(readFileSync(new URL("package.json", root)));
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

/** For the build of the package. */
export async function publishRuntime(): Promise<void> {
  for (const float of ["f32", "f64"] as const) {
    const sources = readSources(float);
    keep(keptIn(published, float), digestOf(sources), await parse(sources));
  }
}

/** For modules of that kind of numbers. */
export async function loadRuntime(float: "f32" | "f64"): Promise<RuntimeParts> {
  const sources = readSources(float);
  const digest = digestOf(sources);
  const cached = keptIn(cache, float);
  let declarations = readKept(keptIn(published, float), digest) ?? readKept(cached, digest);
  if (declarations === undefined) {
    declarations = await parse(sources);
    try {
      keep(cached, digest, declarations);
    } catch {
      // A folder that cannot be written costs time, nothing else.
    }
  }
  return new Map(declarations.map((declaration) => [declaration.name, declaration]));
}
