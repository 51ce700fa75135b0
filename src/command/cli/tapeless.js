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

// The sources are not part of the package, and in a clone they are right even where an old build lies about.
const isClone = existsSync(new URL("./main.ts", import.meta.url));
const { main, endOn } = isClone ? await fromSources() : await import("../../../dist/command/cli/main.js");
process.on("uncaughtException", endOn).on("unhandledRejection", endOn);
process.exitCode = await main(process.argv.slice(2));

async function fromSources() {
  const { importSources } = await import("./from-sources.js");
  return importSources();
}
