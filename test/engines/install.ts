// The engines' binaries, installed the first time that a test wants them: the package's own `npm ci` should stay quick.
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestContext } from "vitest";

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const lock = pathOf("package-lock.json");
/** A copy of the lock file, written last: what is installed is what it names. */
const installed = pathOf("node_modules/installed.json");

export const installSeconds = 240;

/** Why they are not there, if so. */
export async function installEngines(): Promise<string | undefined> {
  if (existsSync(installed) && readFileSync(installed, "utf8") === readFileSync(lock, "utf8"))
    return undefined;
  try {
    const options = { cwd: pathOf("."), timeout: installSeconds * 1000 };
    await promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund"], options);
    copyFileSync(lock, installed);
    return undefined;
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n").slice(-1);
    return `npm ci in test/engines failed: ${reason}`;
  }
}

/** Where every engine must be there, as in CI, one that is not is a fault; elsewhere its tests are skipped, and say why. */
export function needs(missing: string | undefined, context: TestContext): void {
  if (missing === undefined) return;
  if (process.env.CI === "true") throw new Error(missing);
  context.skip(missing);
}
