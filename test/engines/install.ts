// Installs the binaries of the engines when a test first needs them.
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { installPackages } from "../support/install-packages.ts";

export { installSeconds } from "../support/install-packages.ts";

/** Why they could not be installed; undefined if they are installed. */
export const installEngines = (): Promise<string | undefined> =>
  installPackages(fileURLToPath(new URL(".", import.meta.url)));

/**
 * Where every engine is required, as in CI, a missing one is a failure. Elsewhere its tests are skipped with
 * the reason.
 */
export function needs(missing: string | undefined, context: TestContext): void {
  if (missing === undefined) return;
  if (process.env.CI === "true") throw new Error(missing);
  context.skip(missing);
}
