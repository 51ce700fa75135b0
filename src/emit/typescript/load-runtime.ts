/**
 * The runtime's declarations, ready to be copied into a trainer. Taking the sources apart needs a TypeScript parser and the
 * formatter, half a second at every start; so the result is kept, under a digest of what it was made from: in the
 * published package since it was built, in a clone under node_modules/.cache.
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
/** Made when the package is built. */
const published = new URL("dist/runtime-parts.json", root);
const cache = new URL("node_modules/.cache/tapeless/", root);

const readSources = (): RuntimeSource[] =>
  readdirSync(sourceFolder)
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => ({ file, text: readFileSync(new URL(file, sourceFolder), "utf8") }));

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
  const sources = readSources();
  keep(published, digestOf(sources), await parse(sources));
}

export async function loadRuntime(): Promise<RuntimeParts> {
  const sources = readSources();
  const digest = digestOf(sources);
  const cached = new URL("runtime-parts.json", cache);
  let declarations = readKept(published, digest) ?? readKept(cached, digest);
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
