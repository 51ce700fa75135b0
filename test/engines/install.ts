// Installs the binaries of the engines when a test first needs them, so that the package's own `npm ci` stays
// fast.
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestContext } from "vitest";

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const files = ["package.json", "package-lock.json"];
const modules = pathOf("node_modules");

export const installSeconds = 240;

/** Why they could not be installed; undefined if they are installed. */
export async function installEngines(): Promise<string | undefined> {
  if (isInstalled()) return undefined;
  // Installs into a temporary folder and then moves it, so that an installation is never partial, and two
  // tests do not write to the same one.
  const scratch = mkdtempSync(pathOf("../../node_modules/.engines-"));
  try {
    for (const file of files) copyFileSync(pathOf(file), join(scratch, file));
    const options = { cwd: scratch, timeout: installSeconds * 1000 };
    await promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund"], options);
    if (!isInstalled()) moveIn(scratch);
    return undefined;
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n");
    return `the engines could not be installed: ${lines.slice(0, 4).join("; ")}`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Whether the installed lock file is the current one. */
const isInstalled = (): boolean => {
  const installed = join(modules, "package-lock.json");
  return (
    existsSync(installed) &&
    readFileSync(installed, "utf8") === readFileSync(pathOf("package-lock.json"), "utf8")
  );
};

function moveIn(scratch: string): void {
  rmSync(modules, { recursive: true, force: true });
  renameSync(join(scratch, "package-lock.json"), join(scratch, "node_modules/package-lock.json"));
  renameSync(join(scratch, "node_modules"), modules);
}

/**
 * Where every engine is required, as in CI, a missing one is a failure. Elsewhere its tests are skipped with
 * the reason.
 */
export function needs(missing: string | undefined, context: TestContext): void {
  if (missing === undefined) return;
  if (process.env.CI === "true") throw new Error(missing);
  context.skip(missing);
}
