// The program's modules, wherever this is: the published package holds the bundled program; a clone runs the
// bundle of its sources, made again under node_modules/.cache whenever one of them changes.
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

const sources = fileURLToPath(new URL("../../", import.meta.url));
const cache = fileURLToPath(new URL("../../../node_modules/.cache/tapeless/", import.meta.url));
const lock = fileURLToPath(new URL("../../../package-lock.json", import.meta.url));

/**
 * The module of this name, one of the entries of `bundle-program.js`. The package has no sources; in a clone
 * they are right, even next to an old build.
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
    // A folder that cannot be written, or a source that does not parse: the slow way works, or says what is wrong.
    const { register } = await import("tsx/esm/api");
    register();
    const { entries } = await import("./bundle-program.js");
    return import(pathToFileURL(join(sources, entries[entry])).href);
  }
  return import(pathToFileURL(join(folder, `${entry}.mjs`)).href);
}

/** Changes whenever a source file or the installed packages do. */
function digestOfSources() {
  const files = readdirSync(sources, { recursive: true }).filter((file) => /\.[jt]s$/.test(file));
  const hash = createHash("sha256");
  for (const file of [...files.sort().map((name) => join(sources, name)), lock]) {
    const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Whether the folder holds what was bundled into it: a full disk, or a tool that sweeps caches, leaves less. */
function isWhole(folder) {
  try {
    return readFileSync(join(folder, listFile), "utf8") === listOf(folder);
  } catch {
    return false;
  }
}

const listFile = "list";

/** The bundle's files with their sizes. */
const listOf = (folder) =>
  readdirSync(folder)
    .filter((name) => name !== listFile)
    .sort()
    .map((name) => `${name} ${statSync(join(folder, name)).size}\n`)
    .join("");

async function bundle(folder) {
  const { bundleProgram, entries } = await import("./bundle-program.js");
  const partial = `${folder}.${process.pid}`;
  forgetOld();
  await bundleProgram({ outdir: partial, entries });
  writeFileSync(join(partial, listFile), listOf(partial));
  // What is there may be damaged, or the same from another process that was first: then that stays.
  if (!isWhole(folder)) rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!isWhole(folder)) throw error;
  }
}

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
