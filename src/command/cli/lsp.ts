/** `tapeless lsp`: the language server for editors, over standard input and output. */
import { serveEditor } from "../lsp/serve.ts";
import { usageError } from "../terminal/report-error.ts";

export function startServer(): Promise<never> {
  if (process.stdin.isTTY)
    throw usageError("an editor starts this command", "docs/editors.md has the settings of editors");
  return serveEditor(process.stdin, process.stdout);
}
