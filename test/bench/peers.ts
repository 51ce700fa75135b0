// The other libraries: a package of their own, installed by the first run that needs it.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { benchFolder } from "./contenders.ts";

/** Without scripts of packages: nothing that is measured needs one. */
export function installPeers(): void {
  const folder = join(benchFolder, "peers");
  if (existsSync(join(folder, "node_modules", ".package-lock.json"))) return;
  console.error("installing the other libraries (once) …");
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: "inherit",
  });
}

/** The Python that has PyTorch: this one, if it does. */
export function pythonWithTorch(python: string): string {
  try {
    execFileSync(python, ["-c", "import torch"], { stdio: "pipe" });
    return python;
  } catch {
    return "";
  }
}
