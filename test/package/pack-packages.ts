// Packs the packages of this clone as users get them. Vitest runs this file once for all tests of this folder, and
// they get the result by `inject("packed")`.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

export interface Packed {
  /** The archives that npm would publish. */
  readonly archives: { readonly tapeless: string; readonly unplugin: string; readonly starter: string };
  /** The paths of the files in the package `tapeless`. */
  readonly files: readonly string[];
  /** Whether packing left `dist/` in the clone. */
  readonly leavesBuild: boolean;
}

declare module "vitest" {
  export interface ProvidedContext {
    packed: Packed;
  }
}

export const root = fileURLToPath(new URL("../../", import.meta.url));

// Never synchronous, because the test runner gives up a process that does not respond for a minute.
const execute = promisify(execFile);
export const runIn = async (folder: string, file: string, ...args: readonly string[]): Promise<string> =>
  (await execute(file, args, { cwd: folder, maxBuffer: 2 ** 26 })).stdout;

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-packed-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    provide("packed", await packPackages(folder));
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

/** Builds and packs all packages in a copy of the clone, so that a build never disturbs work in the clone. */
export async function packPackages(folder: string): Promise<Packed> {
  const clone = copyOfClone(join(folder, "clone"));
  const pack = async (place: string): Promise<PackReport> => {
    const printed = await runIn(join(clone, place), "npm", "pack", "--json", "--pack-destination", folder);
    // The scripts of a package print before the report.
    const [report]: PackReport[] = JSON.parse(printed.slice(printed.search(/^\[/m)));
    return report;
  };
  const { filename, files } = await pack(".");
  const tapeless = join(folder, filename);
  const leavesBuild = existsSync(join(clone, "dist"));
  // The plugin is checked against the declarations of the packed package.
  await runIn(clone, "tar", "xzf", tapeless, "--strip-components=1", "package/dist");
  const unplugin = join(folder, (await pack("packages/unplugin")).filename);
  const starter = join(folder, (await pack("packages/create-tapeless")).filename);
  rmSync(clone, { recursive: true });
  return { archives: { tapeless, unplugin, starter }, files: files.map(({ path }) => path), leavesBuild };
}

interface PackReport {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function copyOfClone(copy: string): string {
  const isSource = (path: string) => !["node_modules", "dist", "templates"].includes(basename(path));
  mkdirSync(copy);
  for (const name of [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "docs",
    "examples",
    "generated",
    "graphs",
    "package.json",
    "packages",
    "src",
    "tsconfig.json",
    "tsconfig.build.json",
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: isSource });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");
  return copy;
}

/** Unpacks an archive to a folder, as `npm install` would. */
export async function unpack(archive: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await runIn(folder, "tar", "xzf", archive, "--strip-components=1");
}

/** Copies the dependencies of a package of this clone next to it, as `npm install` would, without a registry. */
export function copyDependencies(at: string, modules: string): void {
  for (const name of dependenciesOf(at))
    cpSync(join(root, "node_modules", name), join(modules, name), { recursive: true });
}

/**
 * The runtime dependencies in the package.json of the folder, and all of their dependencies; without development
 * dependencies.
 */
export function dependenciesOf(at: string, known = new Set<string>()): ReadonlySet<string> {
  const {
    dependencies = {},
    optionalDependencies = {},
  }: Record<string, Record<string, string>> = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    // A package may contain its own version of a dependency, whose dependencies may still be at the top
    // level.
    const inside = join(at, "node_modules", dependency);
    if (at !== root && existsSync(inside)) {
      dependenciesOf(inside, known);
      continue;
    }
    const place = join(root, "node_modules", dependency);
    if (known.has(dependency) || !existsSync(place)) continue;
    known.add(dependency);
    dependenciesOf(place, known);
  }
  return known;
}
