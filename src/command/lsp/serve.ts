/**
 * The language server: connects the features to an editor over standard input and output. Each request is answered by
 * a function of the analysed document, so only this file and `workspace.ts` have state.
 */
import {
  CodeActionKind,
  ErrorCodes,
  LSPErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
  TextDocuments,
  createConnection,
} from "vscode-languageserver/node";
import type { Connection, InitializeParams, InitializeResult } from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { specSchema } from "../../compiler/spec/json-schema.ts";
import { version } from "../../compiler/spec/version.ts";
import { errorText } from "../../compiler/util/message-text.ts";
import type { SpecText } from "./analyse.ts";
import { codeLenses } from "./code-lenses.ts";
import { completionsAt } from "./completion.ts";
import { shownDiagnostics } from "./diagnostics.ts";
import { hoverAt } from "./hover.ts";
import { inlayHints } from "./inlay-hints.ts";
import { layerFacts } from "./layer-facts.ts";
import { definitionAt, occurrencesAt, renameAt, renameableAt } from "./names.ts";
import { offsetAt } from "./positions.ts";
import { quickFixes } from "./quick-fixes.ts";
import { pathOf } from "./spec-documents.ts";
import { symbolsOf } from "./symbols.ts";
import { specWorkspace } from "./workspace.ts";
import type { Settings, SpecWorkspace } from "./workspace.ts";

/** Serves one editor until it ends the connection, which ends the process. */
export function serveEditor(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<never> {
  const connection = createConnection(input, output);
  const documents = new TextDocuments(TextDocument);
  connection.onInitialize((params) => {
    const workspace = specWorkspace(settingsOf(params), (of, analysis) => {
      void connection.sendDiagnostics({
        uri: of.uri,
        version: of.version,
        diagnostics: shownDiagnostics(analysis),
      });
    });
    documents.onDidChangeContent(({ document }) => workspace.changed(document));
    documents.onDidSave(({ document }) => workspace.saved(document));
    documents.onDidClose(({ document }) => workspace.closed(document.uri));
    connection.onShutdown(() => workspace.close());
    answerRequests(connection, workspace);
    return abilities;
  });
  documents.listen(connection);
  connection.listen();
  return new Promise(() => {});
}

const abilities: InitializeResult = {
  serverInfo: { name: "tapeless", version },
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    completionProvider: { triggerCharacters: ['"', ":", " "] },
    hoverProvider: true,
    definitionProvider: true,
    referencesProvider: true,
    documentSymbolProvider: true,
    codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
    codeLensProvider: {},
    inlayHintProvider: true,
    renameProvider: { prepareProvider: true },
  },
};

/** The options that the user sets in the editor. Values of the wrong type are ignored. */
function settingsOf({ workspaceFolders, initializationOptions }: InitializeParams): Settings {
  const options = new Map<string, unknown>(Object.entries(Object(initializationOptions)));
  const specs: unknown = options.get("specs");
  return {
    folders: workspaceFolders?.flatMap(({ uri }) => pathOf(uri) ?? []) ?? [],
    specs: Array.isArray(specs) ? specs.filter((pattern) => typeof pattern === "string") : [],
    trusted: options.get("runTypeScript") === true,
  };
}

/** Registers a handler for each request. A document that is not a spec in JSON or YAML has no answers. */
function answerRequests(connection: Connection, workspace: SpecWorkspace): void {
  const schema = specSchema();
  /** Runs `answer` on the text. An unexpected error reaches the editor as one line. */
  const withText = async <T>(
    uri: string,
    none: T,
    answer: (spec: SpecText) => T | Promise<T>,
  ): Promise<T> => {
    const spec = workspace.textOf(uri);
    if (spec === undefined) return none;
    try {
      return await answer(spec);
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      throw new ResponseError(ErrorCodes.InternalError, `internal: ${errorText(error)}`);
    }
  };
  connection.onCompletion(({ textDocument: { uri }, position }) =>
    withText(uri, [], (spec) =>
      completionsAt(spec, offsetAt(spec.index, position), {
        schema,
        columns: (file) => workspace.columnsOf(uri, file),
      }),
    ),
  );
  connection.onHover(({ textDocument: { uri }, position }) =>
    withText(uri, null, async (spec) => {
      const built = (await workspace.analysisOf(uri))?.built;
      const layers = built === undefined ? [] : layerFacts(built);
      return hoverAt(spec, offsetAt(spec.index, position), { schema, built, layers }) ?? null;
    }),
  );
  connection.onDefinition(({ textDocument: { uri }, position }) =>
    withText(uri, null, (spec) => {
      const range = definitionAt(spec, offsetAt(spec.index, position));
      return range === undefined ? null : { uri, range };
    }),
  );
  connection.onReferences(({ textDocument: { uri }, position }) =>
    withText(uri, [], (spec) =>
      occurrencesAt(spec, offsetAt(spec.index, position)).map((range) => ({ uri, range })),
    ),
  );
  connection.onPrepareRename(({ textDocument: { uri }, position }) =>
    withText(uri, null, (spec) => renameableAt(spec, offsetAt(spec.index, position)) ?? null),
  );
  connection.onRenameRequest(({ textDocument: { uri }, position, newName }) =>
    withText(uri, null, (spec) => ({
      changes: { [uri]: renameAt(spec, offsetAt(spec.index, position), newName) },
    })),
  );
  connection.onDocumentSymbol(({ textDocument: { uri } }) =>
    withText(uri, [], async (spec) => {
      const built = (await workspace.analysisOf(uri))?.built;
      return symbolsOf(spec, built === undefined ? [] : layerFacts(built));
    }),
  );
  connection.onCodeAction(({ textDocument: { uri }, context }) =>
    withText(uri, [], (spec) => quickFixes(spec, uri, context.diagnostics)),
  );
  connection.onCodeLens(({ textDocument: { uri } }) => {
    const of = workspace.versionOf(uri);
    return of === undefined ? [] : codeLenses(of.path);
  });
  connection.languages.inlayHint.on(({ textDocument: { uri }, range }) =>
    withText(uri, [], async (spec) => {
      const layers = await workspace.factsOf(uri);
      // The editor asks again for the new text.
      if (layers === undefined)
        throw new ResponseError(LSPErrorCodes.ContentModified, "the document has changed");
      return inlayHints(spec, layers, range);
    }),
  );
}
