/** `tapeless export` and `tapeless import`: parameters in the file formats of other libraries. */
import { extname } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { sizeText } from "../../compiler/util/number-text.ts";
import { compileSpec, onData, onFile } from "../compile/compile-spec.ts";
import {
  formatOf,
  noPreprocessing,
  openCheckpointFile,
  readCheckpointFile,
  readMapFile,
  readTensors,
  trainedValues,
} from "../files/parameter-files.ts";
import { isOnnx } from "../files/spec-files.ts";
import { readSource } from "../files/read-source.ts";
import { checkOutputs, ofSpec, writeFile } from "../files/write-file.ts";
import { tensorFormats } from "../formats/parameters/formats.ts";
import { importTensors } from "../formats/parameters/import-tensors.ts";
import { parametersIn } from "../formats/parameters/parameters.ts";
import { resolveTensors } from "../formats/pytorch/state-dict.ts";
import type { LayoutName } from "../formats/parameters/tensors.ts";
import { printDiagnostics, printNotice, usageError } from "../terminal/report-error.ts";

/** The flags of `tapeless export`, which writes the parameters of a checkpoint, or the predictor that they make. */
export interface ExportFlags {
  readonly output: string;
  /** The format; by default that of the file name. */
  readonly format?: ExportFormat;
  /** The spec of the checkpoint, which a predictor needs. */
  readonly spec?: string;
}

type ExportFormat = "safetensors" | "npz" | "onnx" | "pytorch";

/** Returns the exit code. */
export async function exportCheckpoint(checkpoint: string, flags: ExportFlags): Promise<number> {
  const { output, spec, format } = flags;
  const isModel = format === "onnx" || (format === undefined && extname(output).toLowerCase() === ".onnx");
  if (!isModel && format !== "pytorch") {
    if (spec === undefined) return exportParameters(checkpoint, output, format);
    throw usageError(
      "--spec needs --format onnx or --format pytorch",
      "the other formats contain only parameters",
    );
  }
  if (spec === undefined)
    throw usageError(
      `--format ${isModel ? "onnx" : "pytorch"} needs --spec`,
      "a checkpoint contains parameters, and the spec describes the network: add --spec SPEC",
    );
  return isModel ? exportPredictor(checkpoint, spec, output) : exportStateDict(checkpoint, spec, output);
}

/** Writes the predictor as an ONNX model. */
async function exportPredictor(checkpoint: string, spec: string, output: string): Promise<number> {
  const opened = await openCheckpointFile(checkpoint);
  const { compilation } = await compileSpec(spec, { dtype: opened.header.model.dtype });
  await checkOutputs({ "-o": output }, { ...ofSpec(spec, compilation.model), "the checkpoint": checkpoint });
  const { predictorModel } = await import("../onnx/predictor-model.ts");
  const { bytes, warnings } = await predictorModel(compilation, opened);
  printDiagnostics(warnings);
  await writeFile(output, bytes);
  process.stdout.write(`${checkpoint} → ${output}  ${sizeText(bytes.length)}\n`);
  return 0;
}

/** Writes the `state_dict` of the emitted PyTorch file. */
async function exportStateDict(checkpoint: string, spec: string, output: string): Promise<number> {
  if (extname(output).toLowerCase() !== ".safetensors")
    throw usageError(
      `-o ${output}: the file name must end in .safetensors`,
      "a file of torch.save is a Python program, so the state_dict is written as safetensors",
    );
  const opened = await openCheckpointFile(checkpoint);
  const { dtype } = opened.header.model;
  const { compilation } = await compileSpec(spec, { dtype });
  const { model } = compilation;
  await checkOutputs({ "-o": output }, { ...ofSpec(spec, model), "the checkpoint": checkpoint });
  const { emitText } = await import("../../compiler/compile-target.ts");
  const { createTrainer } = await loadTrainer(await emitText(compilation, dtype, { isFormatted: false }));
  const { warnings } = trainedValues(createTrainer(), compilation, opened);
  printDiagnostics(warnings);
  const { tensors, facts } = exportedFrom(checkpoint, opened.bytes);
  const { encodeStateDict } = await import("../formats/pytorch/emitted-state-dict.ts");
  const file = encodeStateDict(model, tensors, facts);
  await writeFile(output, file);
  process.stdout.write(`${checkpoint} → ${output}  ${countText(tensors)} (${sizeText(file.length)})\n`);
  return 0;
}

/** The parameters of a checkpoint, and the metadata about their origin. @throws DiagnosticError (T3001) */
function exportedFrom(checkpoint: string, bytes: Uint8Array) {
  const { model, epoch, tensors } = onFile(checkpoint, "T3001", () => parametersIn(bytes));
  return { tensors, facts: { model: model.name, specHash: model.specHash, epoch: String(epoch) } };
}

async function exportParameters(
  checkpoint: string,
  output: string,
  format: "safetensors" | "npz" | undefined,
): Promise<number> {
  const { encode } = format === undefined ? formatOf(output) : tensorFormats[`.${format}`];
  await checkOutputs({ "-o": output }, { "the checkpoint": checkpoint });
  const { bytes } = await readCheckpointFile(checkpoint);
  const { tensors, facts } = exportedFrom(checkpoint, bytes);
  const file = encode(tensors, { format: "tapeless", ...facts });
  await writeFile(output, file);
  process.stdout.write(`${checkpoint} → ${output}  ${countText(tensors)} (${sizeText(file.length)})\n`);
  return 0;
}

/** The number of parameters and the number of their values. */
export function countText(tensors: readonly { readonly numbers: ArrayLike<number> }[]): string {
  const numbers = tensors.reduce((sum, { numbers: { length } }) => sum + length, 0);
  return `${tensors.length} parameters, ${numbers} values`;
}

/** The flags of `tapeless import`, which writes parameters as a checkpoint of a trainer with 0 epochs. */
export interface ImportFlags {
  /** The checkpoint. Without it, only the map is printed. */
  readonly output?: string;
  readonly dtype: "f32" | "f64";
  /** The data to which the preprocessing is fitted, in place of the file in the spec. */
  readonly data?: string;
  readonly map?: string;
  readonly layout?: LayoutName;
}

const isSpecFile = (file: string): boolean => /\.(json|ya?ml|ts)$/i.test(file);

/** `tapeless import`: an ONNX model, or tensors and a spec in any order. Returns the exit code. */
export async function importFile(
  first: string,
  second: string | undefined,
  flags: ImportFlags,
): Promise<number> {
  if (isOnnx(first)) {
    const { map, layout, data, ...others } = flags;
    const given = { SPEC: second, "--map": map, "--layout": layout, "--data": data };
    const extra = Object.entries(given).find(([, value]) => value !== undefined);
    if (extra !== undefined) throw usageError(`${extra[0]} cannot be combined with an ONNX file`);
    return (await import("../onnx/import-model.ts")).importModel(first, others);
  }
  if (second === undefined)
    throw usageError("import needs a spec besides the parameters", "tapeless import FILE SPEC -o CHECKPOINT");
  return importParameters(first, second, flags);
}

async function importParameters(first: string, second: string, flags: ImportFlags): Promise<number> {
  const [file, spec] = isSpecFile(first) ? [second, first] : [first, second];
  const found = await readTensors(file);
  const map = flags.map === undefined ? undefined : await readMapFile(flags.map);
  const { compilation, source } = await compileSpec(spec, { dtype: flags.dtype });
  await checkOutputs(
    { "-o": flags.output },
    {
      ...ofSpec(spec, compilation.model, flags.data),
      "the parameters": file,
      ...(flags.map !== undefined && { "the map": flags.map }),
    },
  );
  const { emitText } = await import("../../compiler/compile-target.ts");
  const emitted = await loadTrainer(await emitText(compilation, flags.dtype));
  const { model: facts } = emitted;
  const resolving = { file, layout: flags.layout, map };
  const resolved = resolveTensors(compilation.model, facts.parameters, found, resolving);
  const { output } = flags;
  if (resolved.map !== undefined && (output === undefined || resolved.tensors !== undefined))
    process.stdout.write(resolved.map);
  if (resolved.tensors === undefined) throw new DiagnosticError(resolved.diagnostics);
  printDiagnostics(resolved.diagnostics);
  const { tensors } = resolved;
  if (output === undefined) {
    if (resolved.map === undefined) process.stdout.write(`# ${file} has the parameters of the model\n`);
    return 0;
  }
  const request = { spec, source, model: compilation.model, facts, given: flags.data, notify: printNotice };
  const rows = await readSource(request).catch((error: unknown) => {
    if (flags.data !== undefined || !(error instanceof DiagnosticError)) throw error;
    printDiagnostics([noPreprocessing(error)]);
    return undefined;
  });
  const { checkpoint, parameters } = onFile(file, "T3002", () =>
    importTensors(compilation.model, emitted, tensors, rows, onData),
  );
  await writeFile(output, checkpoint);
  // After a map, the line is a comment, so that the output is the map.
  const mark = resolved.map === undefined ? "" : "# ";
  process.stdout.write(`${mark}${file} → ${output}  ${countText(parameters)}\n`);
  return 0;
}
