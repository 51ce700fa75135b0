/**
 * The worker that compiles the editor's text and answers questions about the schema. When a request with
 * newer text arrives, the worker drops the older request.
 */
import { rowsAt, rowsIn } from "../../compiler/reference/program-memory.ts";
import { isFrozen } from "../../compiler/trainer/layer-table.ts";
import { explainCode } from "../explain/explain-code.ts";
import { explainLayers, frozenSavings } from "../explain/explain-layers.ts";
import { explainNodes } from "../explain/explain-nodes.ts";
import { explainPictures } from "../explain/explain-picture.ts";
import { explainRow, flopsOfRow, maxFlopsOfRow, trainingRowText } from "../explain/explain-row.ts";
import { explainGradients } from "../explain/gradient-derivations.ts";
import { specLocations } from "../explain/source-map.ts";
import { specSchema } from "../../compiler/spec/json-schema.ts";
import type { SchemaNode } from "../../compiler/spec/json-schema.ts";
import { compileText, diagnosticsOf, scriptOf, trainerScript } from "./compile-text.ts";
import type { CompiledText, PreparedData, Remember } from "./compile-text.ts";
import { layerScript } from "./layer-script.ts";
import type {
  Reply,
  CompileRequest,
  CompilerRequest,
  EmittedCode,
  ExplainedGraphs,
  FilesRequest,
  NoNumbers,
  NumbersRequest,
  PartRequest,
  ScriptRequest,
  SuggestRequest,
  TrainerScript,
  VersionedFiles,
} from "./messages.ts";
import { checkPlaneFormula } from "./plane-formula.ts";
import { describe, suggest } from "../editor/suggest.ts";
import { countText, workText } from "../../compiler/util/number-text.ts";
import type { ExplainedRow } from "../explanation.ts";

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
  /** The result for the last compiled text. */
  compiled?: CompiledText & { readonly id: number; readonly trainer: TrainerScript };
  /** The last prepared data. */
  prepared?: { readonly key: string; readonly data: PreparedData };
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
  switch (request.kind) {
    case "compile":
      return handleCompile(request);
    case "script":
      return handleScript(request);
    case "suggest":
    case "describe":
      return self.postMessage(suggestionReply(request));
    case "numbers":
      return handleNumbers(request);
    default:
      return handlePart(request.kind, request.id);
  }
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
  const trainer = await trainerScript(compilation, files, remember);
  self.postMessage({ kind: "trainer", id, trainer, warnings, milliseconds: performance.now() - started });
  state.compiled = { id, trainer, ...made };
  // The comparison compiles the model again, so training must not wait for it.
  if (!compilation.model.network.some(isFrozen) || !(await isWanted(id))) return;
  self.postMessage({ kind: "savings", id, text: frozenSavings(compilation, { dtype: "f32" }) });
}

const remember: Remember = async (key, prepare) => {
  if (state.prepared?.key !== key) state.prepared = { key, data: await prepare() };
  return state.prepared.data;
};

/** Builds a part of the result of the last compilation, unless the text has changed. */
async function handlePart(kind: PartRequest["kind"], id: number): Promise<void> {
  if (!(await isWanted(id)) || state.compiled?.id !== id) return;
  const { compiled } = state;
  if (kind === "code") return self.postMessage({ kind, id, code: await emittedCode(compiled) });
  if (kind === "layers")
    return self.postMessage({ kind, id, layers: await layerScript(compiled.compilation) });
  const graphs = await explainedGraphs(compiled, () => isWanted(id));
  if (graphs !== undefined) self.postMessage({ kind, id, graphs });
}

function handleNumbers(request: NumbersRequest): void {
  const { id } = request;
  if (state.compiled?.id !== id) return;
  self.postMessage({ kind: "numbers", id, numbers: numbersOfRow(state.compiled, request) });
}

function numbersOfRow(
  { compilation, trainer: { facts, data } }: NonNullable<State["compiled"]>,
  { row, checkpoint, parameters }: NumbersRequest,
): ExplainedRow | NoNumbers {
  if (data === undefined) return { problem: "The spec has no data." };
  const flops = flopsOfRow(compilation);
  if (flops > maxFlopsOfRow)
    return {
      problem: `A step on one row takes ${workText(flops)}, and numbers are shown up to ${workText(maxFlopsOfRow)}.`,
    };
  const count = rowsIn(facts, data.train);
  if (!Number.isInteger(row) || row < 1 || row > count)
    return { problem: `The training rows are 1 to ${countText(count)}.` };
  return explainRow(compilation, {
    facts,
    batch: rowsAt(facts, data.train, [row - 1]),
    checkpoint,
    source: trainingRowText(row, count),
    parameters,
  });
}

async function emittedCode({ compilation, read }: CompiledText): Promise<EmittedCode> {
  const { text, lines } = await explainCode(compilation, { dtype: "f32", source: read.source });
  return { model: compilation.model.name, text, lines };
}

/** Returns undefined if the text has changed in the meantime. */
async function explainedGraphs(
  { compilation, reports, read }: CompiledText,
  isStillWanted: () => Promise<boolean>,
): Promise<ExplainedGraphs | undefined> {
  const subject = { compilation, reports, of: undefined };
  const paths = compilation.model.network.map(({ path }) => path);
  const locationOf = await specLocations(read.source, paths);
  const nodes = explainNodes(subject, locationOf);
  if (!(await isStillWanted())) return undefined;
  const { derivations, forward } = explainGradients(subject);
  if (!(await isStillWanted())) return undefined;
  const pictures = await explainPictures(nodes, explainLayers(compilation, locationOf));
  return { nodes, derivations, forward, pictures };
}
