// Installs the packages of a folder's own lock file when a test first needs them, so that the package's own `npm ci`
// stays fast.
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const files = ["package.json", "package-lock.json"];
const scratchPath = fileURLToPath(new URL("../../node_modules/.packages-", import.meta.url));

export const installSeconds = 240;

/** Why the packages of the folder could not be installed; undefined if they are installed. */
export async function installPackages(
  folder: string,
  { isBuilt = true }: { readonly isBuilt?: boolean } = {},
): Promise<string | undefined> {
  if (isInstalled(folder)) return undefined;
  // Installs into a temporary folder and then moves it, so that an installation is never partial, and two
  // tests do not write to the same one.
  const scratch = mkdtempSync(scratchPath);
  try {
    for (const file of files) copyFileSync(join(folder, file), join(scratch, file));
    const options = { cwd: scratch, timeout: installSeconds * 1000 };
    const scripts = isBuilt ? [] : ["--ignore-scripts"];
    await promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund", ...scripts], options);
    if (!isInstalled(folder)) moveIn(scratch, join(folder, "node_modules"));
    return undefined;
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n");
    return `the packages of ${folder} could not be installed: ${lines.slice(0, 4).join("; ")}`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Whether the installed lock file is the current one. */
const isInstalled = (folder: string): boolean => {
  const installed = join(folder, "node_modules/package-lock.json");
  return (
    existsSync(installed) &&
    readFileSync(installed, "utf8") === readFileSync(join(folder, "package-lock.json"), "utf8")
  );
};

function moveIn(scratch: string, modules: string): void {
  rmSync(modules, { recursive: true, force: true });
  renameSync(join(scratch, "package-lock.json"), join(scratch, "node_modules/package-lock.json"));
  renameSync(join(scratch, "node_modules"), modules);
}
