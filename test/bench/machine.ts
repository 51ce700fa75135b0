// Describes the machine and its software in enough detail to assess the measurements, but without details
// that identify the machine.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { benchFolder } from "./contenders.ts";

export function machineWords(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "an unknown processor";
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processors.length} cores of ${model}, ${memory} GiB of memory, ${process.platform} ${process.arch}`;
}

/** The name and version of the engine that runs the contenders. */
export const engineWords = (node: string): string =>
  execFileSync(node, ["-p", "`Node ${process.versions.node}, V8 ${process.versions.v8}`"], {
    encoding: "utf8",
  }).trim();

/** Names and versions of the libraries in the comparison. */
export function peerVersions(): string[] {
  const packages = join(benchFolder, "peers");
  const { dependencies } = JSON.parse(readFileSync(join(packages, "package.json"), "utf8"));
  return Object.keys(dependencies)
    .map((name) => ({ name, file: join(packages, "node_modules", name, "package.json") }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => `${name} ${JSON.parse(readFileSync(file, "utf8")).version}`);
}
