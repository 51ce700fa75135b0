#!/usr/bin/env node
// The command `tapeless`. The published package holds the compiled program; a clone runs its sources.
import { existsSync } from "node:fs";
import nodeModule from "node:module";

const oldest = 20;
if (Number(process.versions.node.split(".")[0]) < oldest) {
  process.stderr.write(`tapeless needs Node.js ${oldest} or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}
// Compiling the TypeScript parser takes a quarter of a second; from Node 22 on the engine can keep what it made.
nodeModule.enableCompileCache?.();

const built = new URL("../../dist/cli/main.js", import.meta.url);
const { main } = existsSync(built) ? await import(built.href) : await fromSources();
process.exitCode = await main(process.argv.slice(2));

async function fromSources() {
  const { importSources } = await import("./from-sources.js");
  return importSources();
}
