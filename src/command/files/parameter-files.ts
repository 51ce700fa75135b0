/** Files of parameters: checkpoints, and the formats of other libraries by the endings of their names. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Trained } from "../../compiler/emission.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { fileReason } from "../../compiler/util/message-text.ts";
import { regularFile } from "../formats/tables/open-bytes.ts";
import { sha256 } from "../../compiler/util/sha256.ts";
import type { CheckpointHeader, Notes } from "../../runtime/checkpoints/checkpoint-header.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { unfinishedText } from "../../runtime/training/cross-validate.ts";
import { onFile } from "../compile/compile-spec.ts";
import { fieldsFor, openCheckpoint } from "../formats/parameters/checkpoint.ts";
import { tensorFormats } from "../formats/parameters/formats.ts";
import type { StoredTensor, TensorFormat } from "../formats/parameters/tensors.ts";
import { say, usageError } from "../terminal/report-error.ts";

// A checkpoint's file as bytes, and its parameters as the trainer of its spec loads them.

interface CheckpointFile {
  readonly bytes: Uint8Array;
  readonly header: CheckpointHeader;
}

/** The bytes of a checkpoint of any model, and its header. @throws DiagnosticError (T3001) if the file is none */
export async function readCheckpointFile(file: string): Promise<CheckpointFile> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new DiagnosticError([
      {
        code: "T3001",
        severity: "error",
        message: `the checkpoint cannot be read: ${fileReason(error)}`,
        location: { file },
      },
    ]);
  });
  return { bytes, header: onFile(file, "T3001", () => openCheckpoint(bytes)).header };
}

/**
 * Warns if the model of a checkpoint is one of a fold (T3003): what is shipped or asked should be the one
 * that is kept.
 */
export function warnOfFold({ training }: Model, notes: Notes, file: string): void {
  const message = unfinishedText(training.validation?.folds, notes);
  if (message !== undefined) say([{ code: "T3003", severity: "warning", message, location: { file } }]);
}

/** @throws DiagnosticError (T3001) if the checkpoint does not fit the trainer. */
export async function trainedValues(trainer: Trainer, model: Model, file: string): Promise<Trained> {
  const { bytes } = await readCheckpointFile(file);
  const notes = onFile(file, "T3001", () => trainer.load(bytes));
  warnOfFold(model, notes, file);
  const fields = onFile(file, "T3001", () => fieldsFor(model, notes.fields));
  return { values: trainer.parameters, checkpointHash: sha256(bytes), fields };
}

// Files of parameters in the formats of others, by the endings of their names.

/** @throws DiagnosticError (T1010) for a name that ends otherwise. */
export function formatOf(file: string): TensorFormat {
  const ending = extname(file).toLowerCase();
  if (Object.hasOwn(tensorFormats, ending)) return tensorFormats[ending];
  throw usageError(
    `the name ${file} does not say what format it is in`,
    `it must end in ${Object.keys(tensorFormats).join(" or ")}`,
  );
}

/** @throws DiagnosticError (T1010, T3002) */
export async function readTensors(file: string): Promise<StoredTensor[]> {
  const format = formatOf(file);
  const found = await regularFile(file);
  if ("reason" in found) throw wrongTensors(file, `the file cannot be read: ${found.reason}`);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw wrongTensors(file, `the file cannot be read: ${fileReason(error)}`);
  });
  return onFile(file, "T3002", () => format.decode(bytes));
}

/** T3002: a file of tensors is not what was needed. */
export const wrongTensors = (file: string, message: string, notes: readonly string[] = []): DiagnosticError =>
  new DiagnosticError([{ code: "T3002", severity: "error", message, location: { file }, notes }]);
