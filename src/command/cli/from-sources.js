// How a clone runs its TypeScript: bundled once by esbuild, kept under node_modules/.cache until a source
// changes. Loading two hundred files one by one through a transforming loader would take half a second more
// at every start, and seconds at the first.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const sources = fileURLToPath(new URL("../../", import.meta.url));
const cache = fileURLToPath(new URL("../../../node_modules/.cache/tapeless/", import.meta.url));
const lock = fileURLToPath(new URL("../../../package-lock.json", import.meta.url));

/** What is started by itself: the command line, a thread of its search, and that of the server behind a page. */
const entries = {
  main: "command/cli/main.ts",
  worker: "command/search/worker.ts",
  server: "command/train/live/server-thread.ts",
};

/** The module of this name. */
export async function importSources(entry = "main") {
  const folder = join(cache, digestOfSources());
  try {
    if (!isWhole(folder)) await bundle(folder);
  } catch {
    // A folder that cannot be written, or a source that does not parse: the slow way works, or says what is wrong.
    const { register } = await import("tsx/esm/api");
    register();
    return import(pathToFileURL(join(sources, entries[entry])).href);
  }
  return import(pathToFileURL(join(folder, `${entry}.mjs`)).href);
}

/** Changes whenever a source file or the installed packages do. */
function digestOfSources() {
  const files = readdirSync(sources, { recursive: true }).filter((file) => file.endsWith(".ts"));
  const hash = createHash("sha256");
  for (const file of [...files.sort().map((name) => join(sources, name)), lock]) {
    const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Whether the folder holds what was bundled into it: a disk that was full, or a tool that sweeps caches,
 * leaves less.
 */
function isWhole(folder) {
  try {
    return readFileSync(join(folder, digestFile), "utf8") === digestOfBundle(folder);
  } catch {
    return false;
  }
}

const digestFile = "digest";

function digestOfBundle(folder) {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) {
    if (name === digestFile) continue;
    const bytes = readFileSync(join(folder, name));
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}

async function bundle(folder) {
  const { build } = await import("esbuild");
  const partial = `${folder}.${process.pid}`;
  forgetOld();
  await build({
    entryPoints: Object.fromEntries(
      Object.entries(entries).map(([name, file]) => [name, join(sources, file)]),
    ),
    outdir: partial,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    outExtension: { ".js": ".mjs" },
    logLevel: "silent",
    plugins: [ownAddress],
  });
  writeFileSync(join(partial, digestFile), digestOfBundle(partial));
  // What is there may be damaged, or the same from another process that was first: then that stays.
  if (!isWhole(folder)) rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!isWhole(folder)) throw error;
  }
}

/** A bundled module still finds the files that lie beside its source. */
const ownAddress = {
  name: "own-address",
  setup(builder) {
    builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const address = JSON.stringify(pathToFileURL(path).href);
      return { contents: text.replaceAll("import.meta.url", address), loader: "ts" };
    });
  },
};

/** Bundles of sources that have changed since, unless they may still be running. */
function forgetOld() {
  mkdirSync(cache, { recursive: true });
  const hour = 3_600_000;
  for (const entry of readdirSync(cache, { withFileTypes: true })) {
    const place = join(cache, entry.name);
    const age = Date.now() - (statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (entry.isDirectory() && age > hour) rmSync(place, { recursive: true, force: true });
  }
}
