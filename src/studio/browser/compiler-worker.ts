/**
 * The worker that compiles the editor's text and answers questions about the schema. When a request with
 * newer text arrives, the worker drops the older request.
 */
import { isFrozen } from "../../compiler/trainer/layer-table.ts";
import { explain } from "../explain/explain.ts";
import { frozenSavings } from "../explain/explain-layers.ts";
import { specSchema } from "../../compiler/spec/json-schema.ts";
import type { SchemaNode } from "../../compiler/spec/json-schema.ts";
import { compileText, diagnosticsOf, scriptOf, trainerScript } from "./compile-text.ts";
import type { CompiledText } from "./compile-text.ts";
import type {
  Reply,
  CompileRequest,
  ExplainRequest,
  CompilerRequest,
  FilesRequest,
  ScriptRequest,
  SuggestRequest,
  VersionedFiles,
} from "./messages.ts";
import { checkPlaneFormula } from "./plane-formula.ts";
import { describe, suggest } from "../editor/suggest.ts";

/** The part of the worker's global scope that this file uses. */
declare const self: {
  onmessage: ((event: { readonly data: CompilerRequest }) => void) | null;
  postMessage(reply: Reply): void;
};
declare const performance: { now(): number };

interface State {
  files: VersionedFiles;
  /** The id of the newest request to compile. */
  newest: number;
  /** The result for the last compiled text. It is removed when it has been explained. */
  compiled?: CompiledText & { readonly id: number };
  schema?: SchemaNode;
}
const state: State = { files: { contents: {}, version: 0 }, newest: 0 };

self.onmessage = ({ data: request }) => {
  if (request.kind === "files") {
    state.files = request.files;
    return;
  }
  void handle(request).catch((error: unknown) =>
    self.postMessage({ kind: "errors", id: request.id, diagnostics: diagnosticsOf(error) }),
  );
};

async function handle(request: Exclude<CompilerRequest, FilesRequest>): Promise<void> {
  if (request.kind === "compile") return handleCompile(request);
  if (request.kind === "explain") return handleExplain(request);
  if (request.kind === "script") return handleScript(request);
  self.postMessage(suggestionReply(request));
}

async function handleScript({ id, text, formula }: ScriptRequest): Promise<void> {
  checkPlaneFormula(formula);
  const { compilation } = await compileText(text, {});
  self.postMessage({ kind: "script", id, script: await scriptOf(compilation) });
}

function suggestionReply({ kind, id, location }: SuggestRequest): Reply {
  const schema = (state.schema ??= specSchema());
  if (kind === "suggest") return { kind, id, suggestions: suggest(schema, location) };
  return { kind, id, description: describe(schema, location) };
}

/** Waits until pending messages are delivered, then returns whether this request is still the newest. */
async function isWanted(id: number): Promise<boolean> {
  await new Promise<void>((resolve) => setTimeout(resolve));
  return id === state.newest;
}

async function handleCompile({ id, text }: CompileRequest): Promise<void> {
  state.newest = id;
  const { files } = state;
  if (!(await isWanted(id))) return;
  const started = performance.now();
  const made = await compileText(text, files.contents);
  const { compilation, warnings } = made;
  const trainer = await trainerScript(compilation, files);
  self.postMessage({ kind: "trainer", id, trainer, warnings, milliseconds: performance.now() - started });
  state.compiled = { id, ...made };
  // The comparison compiles the model again, so training must not wait for it.
  if (!compilation.model.network.some(isFrozen) || !(await isWanted(id))) return;
  self.postMessage({ kind: "savings", id, text: frozenSavings(compilation, { dtype: "f32" }) });
}

async function handleExplain({ id }: ExplainRequest): Promise<void> {
  if (!(await isWanted(id)) || state.compiled?.id !== id) return;
  const { compilation, reports, read } = state.compiled;
  state.compiled = undefined;
  const subject = { compilation, reports, of: undefined };
  const explanation = await explain(subject, { dtype: "f32", source: read.source });
  self.postMessage({ kind: "explanation", id, explanation });
}
