// A client of the language server that speaks the protocol itself, as an editor would, over the standard streams of
// a `tapeless lsp` process.
import { spawn } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { basename } from "node:path";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import type { Diagnostic, Position } from "vscode-languageserver-protocol";

const launcher = fileURLToPath(new URL("../../src/command/cli/tapeless.js", import.meta.url));

export interface LanguageClient {
  readonly capabilities: object;
  open(file: string, text: string, languageId?: string): void;
  /** Replaces a part of the text, or all of it. */
  change(file: string, text: string): void;
  insert(file: string, position: Position, text: string): void;
  save(file: string): void;
  close(file: string): void;
  /** The diagnostics of the current version of the document. */
  diagnostics(file: string): Promise<readonly Diagnostic[]>;
  request<T>(method: string, file: string, params?: object): Promise<T>;
  /** What the server has written to standard error so far. */
  stderr(): string;
  /** Ends the server as an editor does, and returns its exit code. */
  end(): Promise<number | null>;
}

export const uriOf = (file: string): string => pathToFileURL(file).href;

export async function languageClient(
  folders: readonly string[],
  initializationOptions: object = {},
): Promise<LanguageClient> {
  const child = spawn(process.execPath, [launcher, "lsp", "--stdio"], { stdio: "pipe" });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const versions = new Map<string, number>();
  const published = new Map<
    string,
    { readonly version: number; readonly diagnostics: readonly Diagnostic[] }
  >();
  let waiting: (() => void)[] = [];
  connection.onNotification("textDocument/publishDiagnostics", (params) => {
    published.set(params.uri, params);
    const now = waiting;
    waiting = [];
    now.forEach((check) => check());
  });
  connection.listen();
  const { capabilities } = await connection.sendRequest<{ readonly capabilities: object }>("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    workspaceFolders: folders.map((folder) => ({ uri: uriOf(folder), name: basename(folder) })),
    initializationOptions,
  });
  void connection.sendNotification("initialized", {});
  const send = (
    method: string,
    file: string,
    { version, ...params }: { version?: number; [key: string]: unknown },
  ) =>
    void connection.sendNotification(`textDocument/${method}`, {
      textDocument: { uri: uriOf(file), ...(version !== undefined && { version }) },
      ...params,
    });
  const next = (file: string): number => {
    const version = (versions.get(file) ?? 0) + 1;
    versions.set(file, version);
    return version;
  };
  const edit = (file: string, contentChanges: object[]) =>
    send("didChange", file, { version: next(file), contentChanges });
  return {
    capabilities,
    open: (file, text, languageId = "json") =>
      void connection.sendNotification("textDocument/didOpen", {
        textDocument: { uri: uriOf(file), languageId, version: next(file), text },
      }),
    change: (file, text) => edit(file, [{ text }]),
    insert: (file, start, text) => edit(file, [{ range: { start, end: start }, text }]),
    save: (file) => send("didSave", file, {}),
    close: (file) => send("didClose", file, {}),
    diagnostics: (file) =>
      new Promise((resolve) => {
        const check = () => {
          const found = published.get(uriOf(file));
          if (found !== undefined && found.version === versions.get(file)) resolve(found.diagnostics);
          else waiting.push(check);
        };
        check();
      }),
    request: (method, file, params = {}) =>
      connection.sendRequest(`textDocument/${method}`, { textDocument: { uri: uriOf(file) }, ...params }),
    stderr: () => errors,
    async end() {
      await connection.sendRequest("shutdown");
      await connection.sendNotification("exit");
      const code = await ended;
      connection.dispose();
      return code;
    },
  };
}
