/** A checkpoint's file as bytes, and its parameters as the trainer of its spec loads them. */
import { readFile } from "node:fs/promises";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { fieldsFor, openCheckpoint } from "../formats/parameters/checkpoint.ts";
import type { Trained } from "../../compiler/emission.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { unfinishedText } from "../../runtime/training/cross-validate.ts";
import type { CheckpointHeader, Notes } from "../../runtime/checkpoints/checkpoint-header.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { sha256 } from "../../compiler/util/sha256.ts";
import { onFile } from "../compile/emitted-errors.ts";
import { fileReason } from "../../compiler/util/file-reason.ts";
import { say } from "../terminal/report-error.ts";

export interface CheckpointFile {
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
        place: { file },
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
  if (message !== undefined) say([{ code: "T3003", severity: "warning", message, place: { file } }]);
}

/** @throws DiagnosticError (T3001) if the checkpoint does not fit the trainer. */
export async function trainedValues(trainer: Trainer, model: Model, file: string): Promise<Trained> {
  const { bytes } = await readCheckpointFile(file);
  const notes = onFile(file, "T3001", () => trainer.load(bytes));
  warnOfFold(model, notes, file);
  const fields = onFile(file, "T3001", () => fieldsFor(model, notes.fields));
  return { values: trainer.parameters, checkpointHash: sha256(bytes), fields };
}
