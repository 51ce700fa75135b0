// The other libraries. They form a separate package, which is installed by the first run that needs them.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { benchFolder } from "./contenders.ts";

/** Installs the packages without their scripts, which the measured code does not need. */
export function installPeers(): void {
  const folder = join(benchFolder, "peers");
  if (existsSync(join(folder, "node_modules", ".package-lock.json"))) return;
  console.error("installing the other libraries (once) …");
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: "inherit",
  });
}

/** Returns this Python if it has PyTorch, otherwise an empty string. */
export function pythonWithTorch(python: string): string {
  try {
    execFileSync(python, ["-c", "import torch"], { stdio: "pipe" });
    return python;
  } catch {
    return "";
  }
}
