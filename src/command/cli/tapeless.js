#!/usr/bin/env node
// The command `tapeless`.
import nodeModule from "node:module";

const oldest = 20;
if (Number(process.versions.node.split(".")[0]) < oldest) {
  process.stderr.write(`tapeless needs Node.js ${oldest} or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}
// Compiling the TypeScript parser takes a quarter of a second; from Node 22 on the engine can keep what it made.
nodeModule.enableCompileCache?.();

const { loadProgram } = await import("./load-program.js");
const { main, endOn } = await loadProgram("main");
process.on("uncaughtException", endOn).on("unhandledRejection", endOn);
process.exitCode = await main(process.argv.slice(2));
