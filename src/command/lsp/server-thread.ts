/** The thread of the language server. `tapeless lsp` starts it, and connects its standard streams to the editor. */
import { serveEditor } from "./serve.ts";

await serveEditor(process.stdin, process.stdout);
