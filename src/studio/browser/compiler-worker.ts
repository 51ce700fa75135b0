/**
 * The worker that compiles the editor's text, and completes and describes its keys. It handles one request after the
 * other: what the page requests first is not slowed down by the rest. When a request with newer text arrives, the
 * worker drops all requests for older text.
 */
import { emitTarget } from "../../compiler/compile-target.ts";
import { rowsAt, rowsIn } from "../../compiler/reference/program-memory.ts";
import { isFrozen } from "../../compiler/trainer/layer-table.ts";
import { explainLayers, frozenSavings } from "../explain/explain-layers.ts";
import { explainNodes } from "../explain/explain-nodes.ts";
import { explainPictures } from "../explain/explain-picture.ts";
import { explainRow, flopsOfRow, maxFlopsOfRow, trainingRowText } from "../explain/explain-row.ts";
import { explainGradients } from "../explain/gradient-derivations.ts";
import { locationFinder, specLocations } from "../explain/source-map.ts";
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
  compiled?: CompiledText & { readonly id: number; readonly files: VersionedFiles; trainer?: TrainerScript };
  /** The last prepared data. */
  prepared?: { readonly key: string; readonly data: PreparedData };
  schema?: SchemaNode;
  /** The end of all earlier requests. */
  idle: Promise<void>;
}
const state: State = { files: { contents: {}, version: 0 }, newest: 0, idle: Promise.resolve() };

self.onmessage = ({ data: request }) => {
  if (request.kind === "files") {
    state.files = request.files;
    return;
  }
  if (request.kind === "compile") state.newest = request.id;
  state.idle = state.idle
    .then(() => handle(request))
    .catch((error: unknown) =>
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
      return handlePart(request);
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
  if (!(await isWanted(id))) return;
  const { files } = state;
  const started = performance.now();
  const made = await compileText(text, files.contents);
  const milliseconds = performance.now() - started;
  const parameters = elementCount(made.compilation.built.parameters);
  self.postMessage({ kind: "compiled", id, warnings: made.warnings, parameters, milliseconds });
  state.compiled = { id, files, ...made };
}

const elementCount = (tensors: readonly { readonly shape: readonly number[] }[]): number =>
  tensors.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);

/** Builds a part of the result of the last compilation, unless the text has changed or has errors. */
async function handlePart({ kind, id }: PartRequest): Promise<void> {
  if (!(await isWanted(id)) || state.compiled?.id !== id) return;
  const { compiled } = state;
  switch (kind) {
    case "code":
      return self.postMessage({ kind, id, code: await emittedCode(compiled) });
    case "trainer":
      return sendTrainer(compiled);
    case "layers":
      return self.postMessage({ kind, id, layers: await layerScript(compiled.compilation) });
    case "graphs": {
      const graphs = await explainedGraphs(compiled, () => isWanted(id));
      if (graphs !== undefined) self.postMessage({ kind, id, graphs });
    }
  }
}

async function sendTrainer(compiled: NonNullable<State["compiled"]>): Promise<void> {
  const { id, compilation, files } = compiled;
  const trainer = await trainerScript(compilation, files, remember);
  compiled.trainer = trainer;
  self.postMessage({ kind: "trainer", id, trainer });
  // The comparison compiles the model again, so training must not wait for it.
  if (!compilation.model.network.some(isFrozen) || !(await isWanted(id))) return;
  self.postMessage({ kind: "savings", id, text: frozenSavings(compilation, { dtype: "f32" }) });
}

const remember: Remember = async (key, prepare) => {
  if (state.prepared?.key !== key) state.prepared = { key, data: await prepare() };
  return state.prepared.data;
};

function handleNumbers(request: NumbersRequest): void {
  const { id } = request;
  const { compiled } = state;
  if (compiled?.id !== id || compiled.trainer === undefined) return;
  self.postMessage({
    kind: "numbers",
    id,
    numbers: numbersOfRow(compiled.compilation, compiled.trainer, request),
  });
}

function numbersOfRow(
  compilation: CompiledText["compilation"],
  { facts, data }: TrainerScript,
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
  const emitted = await emitTarget(compilation, "f32");
  const locationOf = locationFinder(read.source);
  const locations = await Promise.all(emitted.lines().map((origin) => locationOf(origin?.path)));
  return { model: compilation.model.name, text: emitted.text, locations };
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
