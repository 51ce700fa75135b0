/** Parameter files: checkpoints, and formats of other libraries, selected by file extension. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Trained } from "../../compiler/trainer/trainer-facts.ts";
import type { Model } from "../../compiler/spec/types.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { fileReason, shellWord } from "../../compiler/util/message-text.ts";
import { regularFile } from "../formats/tables/open-bytes.ts";
import { sha256 } from "../../compiler/util/sha256.ts";
import type { CheckpointHeader, CheckpointMetadata } from "../../runtime/checkpoints/checkpoint.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { unfinishedText } from "../../runtime/training/cross-validate.ts";
import { onFile } from "../compile/compile-spec.ts";
import { isCheckpoint, looksOf } from "./file-looks.ts";
import { fieldsFor, openCheckpoint } from "../formats/parameters/checkpoint.ts";
import { parametersIn } from "../formats/parameters/parameters.ts";
import { decodeTensorCheckpoint, isTensorCheckpoint } from "../formats/parameters/tensor-checkpoint.ts";
import { affectsPrediction, changeLines, changesSince } from "../formats/parameters/spec-changes.ts";
import type { SpecChange } from "../formats/parameters/spec-changes.ts";
import { readMap } from "../formats/pytorch/map-file.ts";
import type { ParameterMap } from "../formats/pytorch/parameter-map.ts";
import { tensorFormats } from "../formats/parameters/formats.ts";
import type { ReadTensors, TensorFormat } from "../formats/parameters/tensors.ts";
import { printDiagnostics, usageError } from "../terminal/report-error.ts";

// Reads checkpoints, and loads their parameters into the trainer of a spec.

interface CheckpointFile {
  /** In the format of the trainer, or safetensors. */
  readonly bytes: Uint8Array;
  readonly header: CheckpointHeader;
}

/** A checkpoint with its name in messages. */
export interface OpenedCheckpoint extends CheckpointFile {
  readonly name: string;
}

/** Opens a checkpoint that is given as bytes or as a file. @throws DiagnosticError (T3001) */
export async function openCheckpointFile(given: Uint8Array | string): Promise<OpenedCheckpoint> {
  if (typeof given === "string") return { name: given, ...(await readCheckpointFile(given)) };
  const name = "the checkpoint";
  return { name, bytes: given, header: onFile(name, "T3001", () => openCheckpoint(given)).header };
}

/**
 * The metadata with which training continues. A checkpoint without steps, such as one from `tapeless import`,
 * was not trained on any data, so training may continue on any data.
 */
export function trainedOn({ progress }: CheckpointHeader, metadata: CheckpointMetadata): CheckpointMetadata {
  if (progress.epoch > 0 || (progress.rows ?? 0) > 0) return metadata;
  const { fields: _, ...others } = metadata;
  return others;
}

/**
 * Reads a checkpoint of any model. `hint` says what to do if the file is something else.
 *
 * @throws DiagnosticError (T3001) if the file is not a checkpoint
 */
export async function readCheckpointFile(
  file: string,
  hint = "`tapeless train SPEC --out FILE` writes a checkpoint",
): Promise<CheckpointFile> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new DiagnosticError([
      {
        code: "T3001",
        severity: "error",
        message: `cannot read the checkpoint: ${fileReason(error)}`,
        location: { file },
      },
    ]);
  });
  if (!isCheckpoint(bytes) && !isTensorCheckpoint(bytes)) throw notCheckpoint(file, bytes, hint);
  return { bytes, header: onFile(file, "T3001", () => openCheckpoint(bytes)).header };
}

function notCheckpoint(file: string, bytes: Uint8Array, hint: string): DiagnosticError {
  const { what, isTensors = false } = looksOf(bytes) ?? {};
  const message = what === undefined ? "not a checkpoint" : `not a checkpoint, but ${what}`;
  const ofTensors = `to convert its parameters: tapeless import ${shellWord(file)} SPEC -o CHECKPOINT`;
  const diagnostic = { code: "T3001", severity: "error", message, location: { file } } as const;
  return new DiagnosticError([{ ...diagnostic, hint: isTensors ? ofTensors : hint }]);
}

/** The warning (T3003) about a checkpoint that contains the model of one fold instead of the final model. */
export function foldWarning(
  { training }: Model,
  metadata: CheckpointMetadata,
  file: string,
): Diagnostic | undefined {
  const message = unfinishedText(training.validation?.folds, metadata);
  return message === undefined
    ? undefined
    : { code: "T3003", severity: "warning", message, location: { file } };
}

/** Prints the warning of `foldWarning`, if there is one. */
export function warnOfFold(model: Model, metadata: CheckpointMetadata, file: string): void {
  const warning = foldWarning(model, metadata, file);
  if (warning !== undefined) printDiagnostics([warning]);
}

/** The model of the checkpoint, and the memory of its trainer. */
type Compiled = Pick<Compilation, "model" | "plan">;

/** Loads a checkpoint of the same spec. Returns its metadata. @throws InputError */
function load(trainer: Trainer, bytes: Uint8Array, { plan }: Compiled): CheckpointMetadata {
  return trainer.load(isTensorCheckpoint(bytes) ? decodeTensorCheckpoint(bytes, plan) : bytes);
}

/**
 * Loads a checkpoint in order to resume the training.
 *
 * @throws DiagnosticError (T3001) if the checkpoint was trained with another spec
 */
export function loadToTrain(
  trainer: Trainer,
  compiled: Compiled,
  { bytes, header }: CheckpointFile,
  file: string,
): CheckpointMetadata {
  const { model } = compiled;
  if (isOfOtherSpec(header, model)) {
    const hint =
      "use the spec of the checkpoint: --epochs N trains longer without a change of the spec; or start a new " +
      `training from its parameters with --from ${shellWord(file)}`;
    throw otherSpec(file, changesSince(header, model), hint);
  }
  return onFile(file, "T3001", () => load(trainer, bytes, compiled));
}

/**
 * Loads a checkpoint in order to predict. Of a checkpoint with another spec, only the parameters are loaded.
 *
 * @throws DiagnosticError (T3001) if the checkpoint was trained with a spec that leads to other predictions
 */
export function loadToPredict(
  trainer: Trainer,
  compiled: Compiled,
  { bytes, header }: CheckpointFile,
  file: string,
): CheckpointMetadata {
  const { model } = compiled;
  if (!isOfOtherSpec(header, model)) return onFile(file, "T3001", () => load(trainer, bytes, compiled));
  const changes = changesSince(header, model);
  const relevant = changes?.filter((change) => affectsPrediction(change, model));
  const { tensors } = onFile(file, "T3001", () => parametersIn(bytes));
  const { parameters } = trainer;
  const areSame =
    tensors.length === Object.keys(parameters).length &&
    tensors.every(({ name, numbers: { length, BYTES_PER_ELEMENT } }) => {
      const own = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      return own?.length === length && own.BYTES_PER_ELEMENT === BYTES_PER_ELEMENT;
    });
  if (relevant?.length !== 0 || !areSame) {
    const hint =
      "use the spec of the checkpoint, or train this spec: tapeless train SPEC --from " + shellWord(file);
    throw otherSpec(file, relevant, hint);
  }
  for (const { name, numbers } of tensors) parameters[name].set(numbers);
  return header.notes;
}

/** The trainer itself reports a checkpoint of another model. */
const isOfOtherSpec = ({ model: { name, specHash } }: CheckpointHeader, model: Model): boolean =>
  name === model.name && specHash !== model.specHash;

function otherSpec(file: string, changes: readonly SpecChange[] | undefined, hint: string): DiagnosticError {
  const message =
    changes === undefined
      ? "the checkpoint was trained with another spec, and does not contain it"
      : "the checkpoint was trained with another spec";
  const notes = changeLines(changes ?? []);
  return new DiagnosticError([
    { code: "T3001", severity: "error", message, location: { file }, hint, notes },
  ]);
}

/** @throws DiagnosticError (T3001) if the checkpoint does not fit the trainer. */
export function trainedValues(
  trainer: Trainer,
  compiled: Compiled,
  opened: OpenedCheckpoint,
): { readonly trained: Trained; readonly warnings: readonly Diagnostic[] } {
  const { name, bytes } = opened;
  const { model } = compiled;
  const metadata = loadToPredict(trainer, compiled, opened, name);
  const warning = foldWarning(model, metadata, name);
  const fields = onFile(name, "T3001", () => fieldsFor(model, metadata.fields));
  return {
    trained: { values: trainer.parameters, checkpointHash: sha256(bytes), fields },
    warnings: warning === undefined ? [] : [warning],
  };
}

/**
 * The warning (T3004) that an imported checkpoint cannot predict, with the reason why the data of the spec
 * cannot be read.
 */
export const noPreprocessing = ({ diagnostics: [{ message, hint }] }: DiagnosticError): Diagnostic => ({
  code: "T3004",
  severity: "warning",
  message: `the checkpoint cannot predict until it is trained, because its preprocessing needs the data: ${message}`,
  hint,
});

// Parameters in formats of other libraries, selected by file extension.

/** @throws DiagnosticError (T1010) for any other extension. */
export function formatOf(file: string): TensorFormat {
  const ending = extname(file).toLowerCase();
  if (Object.hasOwn(tensorFormats, ending)) return tensorFormats[ending];
  throw usageError(
    `the file extension of ${file} is not supported`,
    `use ${Object.keys(tensorFormats).join(" or ")}`,
  );
}

/** @throws DiagnosticError (T1010, T3002) */
export async function readTensors(file: string): Promise<ReadTensors> {
  const format = formatOf(file);
  const found = await regularFile(file);
  if ("reason" in found) throw wrongTensors(file, `cannot read the file: ${found.reason}`);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw wrongTensors(file, `cannot read the file: ${fileReason(error)}`);
  });
  return onFile(file, "T3002", () => format.decode(bytes));
}

/** The largest map, which limits the memory that reading it can use. */
const maxMapBytes = 16e6;

/** @throws DiagnosticError (T3006) */
export async function readMapFile(file: string): Promise<ParameterMap> {
  const failure = (reason: string): DiagnosticError =>
    new DiagnosticError([
      { code: "T3006", severity: "error", message: `cannot read the map: ${reason}`, location: { file } },
    ]);
  const found = await regularFile(file);
  if ("reason" in found) throw failure(found.reason);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw failure(fileReason(error));
  });
  if (bytes.length > maxMapBytes)
    throw failure(`it has ${bytes.length} bytes; at most ${maxMapBytes} are supported`);
  return readMap(file, bytes.toString("utf8"));
}

/** The error T3002: a file of tensors is invalid or does not fit the model. */
export const wrongTensors = (file: string, message: string, notes: readonly string[] = []): DiagnosticError =>
  new DiagnosticError([{ code: "T3002", severity: "error", message, location: { file }, notes }]);
