// Loads the program's modules. The published package contains the bundled program. A clone of the repository
// bundles its sources into node_modules/.cache, and again after each change.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { threadId } from "node:worker_threads";

const sources = fileURLToPath(new URL("../../", import.meta.url));
const cache = fileURLToPath(new URL("../../../node_modules/.cache/tapeless/", import.meta.url));
const lock = fileURLToPath(new URL("../../../package-lock.json", import.meta.url));

/**
 * Loads an entry of `bundle-program.js`. A clone runs its sources, even if it also contains an older build;
 * the package has no sources.
 */
export function loadProgram(entry) {
  const isClone = existsSync(new URL("./main.ts", import.meta.url));
  return isClone ? fromSources(entry) : import(`../../../dist/${entry}.mjs`);
}

async function fromSources(entry) {
  const folder = join(cache, digestOfSources());
  try {
    if (!isWhole(folder)) await bundle(folder);
  } catch {
    // The cache is not writable, or a source cannot be parsed. Run the sources, which either works or throws
    // the actual error.
    const { register } = await import("tsx/esm/api");
    register();
    const { entries } = await import("./bundle-program.js");
    return import(pathToFileURL(join(sources, entries[entry])).href);
  }
  return import(pathToFileURL(join(folder, `${entry}.mjs`)).href);
}

/** A digest that changes whenever a source file or an installed package changes. */
function digestOfSources() {
  const files = readdirSync(sources, { recursive: true }).filter((file) => /\.[jt]s$/.test(file));
  const hash = createHash("sha256");
  for (const file of [...files.sort().map((name) => join(sources, name)), lock]) {
    const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Whether the folder is complete. Files may be missing because the disk was full or because a cleaner removed
 * them.
 */
function isWhole(folder) {
  try {
    return readFileSync(join(folder, listFile), "utf8") === listOf(folder);
  } catch {
    return false;
  }
}

const listFile = "list";

/** The files of the bundle and their sizes. */
const listOf = (folder) =>
  readdirSync(folder)
    .filter((name) => name !== listFile)
    .sort()
    .map((name) => `${name} ${statSync(join(folder, name)).size}\n`)
    .join("");

async function bundle(folder) {
  const { bundleProgram, entries } = await import("./bundle-program.js");
  // If a source changes while a process runs, several of its threads may bundle at the same time.
  const partial = `${folder}.${process.pid}.${threadId}`;
  forgetOld();
  await bundleProgram({ outdir: partial, entries });
  writeFileSync(join(partial, listFile), listOf(partial));
  // An existing folder is either damaged, or complete because another process was faster. A complete folder
  // is kept.
  if (!isWhole(folder)) rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!isWhole(folder)) throw error;
  }
}

/** Removes bundles of older sources, except recent ones, which another process may be loading. */
function forgetOld() {
  mkdirSync(cache, { recursive: true });
  const hour = 3_600_000;
  for (const entry of readdirSync(cache, { withFileTypes: true })) {
    const place = join(cache, entry.name);
    const age = Date.now() - (statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (entry.isDirectory() && age > hour) rmSync(place, { recursive: true, force: true });
  }
}
