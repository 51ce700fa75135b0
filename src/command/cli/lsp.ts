/** `tapeless lsp`: the language server for editors, over standard input and output. */
import { Worker } from "node:worker_threads";
import { usageError } from "../terminal/report-error.ts";

const launcher = new URL("./start-thread.js", import.meta.url);

/**
 * The limit on young objects, in megabytes. An analysis creates many objects and drops nearly all of them. With
 * V8's default of 48 MB, a third of its time is garbage collection. V8 reads the limit when a heap is created, so
 * the server runs in a thread with a heap of its own.
 */
const maxYoungGenerationSizeMb = 192;

export function startServer(): Promise<never> {
  if (process.stdin.isTTY)
    throw usageError("an editor starts this command", "docs/editors.md has the settings of editors");
  const server = new Worker(launcher, {
    argv: ["editor"],
    stdin: true,
    stdout: true,
    resourceLimits: { maxYoungGenerationSizeMb },
  });
  process.stdin.pipe(server.stdin!);
  server.stdout.pipe(process.stdout);
  return new Promise((_, reject) => {
    server.on("error", reject);
    server.on("exit", (code) => process.exit(code));
  });
}
