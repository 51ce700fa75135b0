/** Converts trained models of the library to formats of other libraries, and back. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { defaultTarget } from "../../compiler/targets.ts";
import { showValue } from "../../compiler/util/message-text.ts";
import { onData, onFile } from "../compile/compile-spec.ts";
import { noPreprocessing, openCheckpointFile } from "../files/parameter-files.ts";
import { tensorFormats } from "../formats/parameters/formats.ts";
import { importTensors } from "../formats/parameters/import-tensors.ts";
import { parametersIn } from "../formats/parameters/parameters.ts";
import { layoutNames } from "../formats/parameters/tensors.ts";
import type { LayoutName, TensorFormat } from "../formats/parameters/tensors.ts";
import { readMap } from "../formats/pytorch/map-file.ts";
import { resolveTensors } from "../formats/pytorch/state-dict.ts";
import { predictorModel } from "../onnx/predictor-model.ts";
import type { PredictorModel } from "../onnx/predictor-model.ts";
import { breathe, throwIfAborted } from "./aborted.ts";
import { checkOptions, compileOpen, loadCompiled, openSpec, optionError, warningsOf } from "./open-spec.ts";
import type { SpecFiles, SpecInput } from "./open-spec.ts";
import { sourceOf } from "./rows.ts";
import type { SourceOptions } from "./rows.ts";

/** A format of parameters: safetensors, or NumPy's npz. */
export type ParameterFormat = "safetensors" | "npz";

/** @throws DiagnosticError (T1010) */
function formatNamed(name: unknown): TensorFormat {
  if (name === "safetensors" || name === "npz") return tensorFormats[`.${name}`];
  throw optionError(`unknown format ${showValue(name)}`, "formats: safetensors, npz");
}

export interface ExportOptions {
  /** The format; `safetensors` by default. */
  readonly format?: ParameterFormat | undefined;
}

/**
 * Converts the parameters of a checkpoint (bytes, or the path of its file) to a file of another format.
 *
 * @throws {DiagnosticError} for an invalid checkpoint or option
 */
export async function exportParameters(
  checkpoint: Uint8Array | string,
  options: ExportOptions = {},
): Promise<Uint8Array> {
  checkOptions(options, ["format"]);
  const format = formatNamed(options.format ?? "safetensors");
  const { name, bytes } = await openCheckpointFile(checkpoint);
  const { model, epoch, tensors } = onFile(name, "T3001", () => parametersIn(bytes));
  const facts = { format: "tapeless", model: model.name, specHash: model.specHash, epoch: String(epoch) };
  return format.encode(tensors, facts);
}

export interface ExportPredictorOptions extends SpecFiles {
  /** The trained model: a checkpoint as bytes, or the path of its file. */
  readonly checkpoint: Uint8Array | string;
}

/**
 * Converts a trained model to an ONNX file, which any ONNX runtime executes. The file takes encoded inputs
 * `[n, …]` and returns the output of the network. Its metadata contains the encoding of rows and the names of classes.
 *
 * @throws {DiagnosticError} for an invalid spec, option or checkpoint, and for a checkpoint of another spec
 */
export async function exportPredictor(
  spec: SpecInput,
  options: ExportPredictorOptions,
): Promise<PredictorModel> {
  checkOptions(options, ["checkpoint", "folder", "files"]);
  if (options.checkpoint === undefined)
    throw optionError("`checkpoint` is missing", "pass the checkpoint of `train`");
  const checkpoint = await openCheckpointFile(options.checkpoint);
  const open = await openSpec(spec, options);
  const compilation = await compileOpen(open, { dtype: checkpoint.header.model.dtype });
  const { bytes, warnings } = await predictorModel(compilation, checkpoint);
  return { bytes, warnings: [...(await warningsOf(open, compilation)), ...warnings] };
}

export interface ImportOptions extends SourceOptions {
  /** The format of the parameters; `safetensors` by default. */
  readonly format?: ParameterFormat | undefined;
  /** Whether the parameters are those of the model or a `state_dict` of PyTorch; detected by default. */
  readonly layout?: LayoutName | undefined;
  /** The map of parameters to tensors as YAML, as `tapeless import` prints it; derived by default. */
  readonly map?: string | undefined;
  /** The element type of the checkpoint; `f32` by default. */
  readonly dtype?: "f32" | "f64" | undefined;
  /** Stops the work: `importParameters` rejects with `Aborted`. */
  readonly signal?: AbortSignal | undefined;
}

export interface Imported {
  /** The checkpoint, with 0 completed epochs. */
  readonly checkpoint: Uint8Array;
  /**
   * All warnings. One of them is T3004 if the data of the spec cannot be read: the checkpoint then cannot
   * predict.
   */
  readonly warnings: readonly Diagnostic[];
  /** The map of parameters to tensors as YAML, if one was derived. */
  readonly map?: string;
}

/**
 * Creates a checkpoint from parameters of another library: with the names of the model's parameters, or as a
 * `state_dict` of PyTorch. Its preprocessing is fitted to the data of the spec, so it can predict without further
 * training.
 *
 * @throws {DiagnosticError} for an invalid spec, option or file, and for parameters of another model
 * @throws {Aborted} if `signal` stops the work
 */
export async function importParameters(
  spec: SpecInput,
  parameters: Uint8Array,
  options: ImportOptions = {},
): Promise<Imported> {
  checkOptions(options, [
    "format",
    "layout",
    "map",
    "dtype",
    "signal",
    "data",
    "validation",
    "test",
    "folder",
    "files",
  ]);
  const { dtype = "f32", signal, data, layout, map } = options;
  if (layout !== undefined && !layoutNames.includes(layout))
    throw optionError(`unknown layout ${showValue(layout)}`, `layouts: ${layoutNames.join(", ")}`);
  const format = formatNamed(options.format ?? "safetensors");
  throwIfAborted(signal);
  const open = await openSpec(spec, options);
  const compilation = await compileOpen(open, { dtype });
  const warnings: Diagnostic[] = [...(await warningsOf(open, compilation))];
  const emitted = await loadCompiled(compilation, { target: defaultTarget, dtype }, { isProgram: false });
  await breathe(signal);
  const source = await sourceOf(open, emitted.model, options, (diagnostic) =>
    warnings.push(diagnostic),
  ).catch((error: unknown) => {
    if (data !== undefined || !(error instanceof DiagnosticError)) throw error;
    warnings.push(noPreprocessing(error));
    return undefined;
  });
  const file = "the parameters";
  const found = onFile(file, "T3002", () => format.decode(parameters));
  const read = map === undefined ? undefined : readMap("the map", map);
  const resolved = resolveTensors(compilation.model, emitted.model.parameters, found, {
    file,
    layout,
    map: read,
  });
  const { tensors } = resolved;
  if (tensors === undefined) throw new DiagnosticError(resolved.diagnostics);
  warnings.push(...resolved.diagnostics);
  const { checkpoint } = onFile(file, "T3002", () =>
    importTensors(compilation.model, emitted, tensors, source, onData),
  );
  return { checkpoint, warnings, ...(resolved.map === undefined ? {} : { map: resolved.map }) };
}
