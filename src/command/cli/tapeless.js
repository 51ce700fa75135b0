#!/usr/bin/env node
// The `tapeless` command.
import nodeModule from "node:module";

const oldest = 20;
if (Number(process.versions.node.split(".")[0]) < oldest) {
  process.stderr.write(
    `tapeless needs Node.js ${oldest} or newer; this is Node.js ${process.versions.node}\n`,
  );
  process.exit(2);
}
// Compiling the TypeScript parser takes a quarter of a second. Since version 22, Node can cache compiled
// code.
nodeModule.enableCompileCache?.();

const { loadProgram } = await import("./load-program.js");
const { main, exitWithError } = await loadProgram("main");
process.on("uncaughtException", exitWithError).on("unhandledRejection", exitWithError);
process.exitCode = await main(process.argv.slice(2));
