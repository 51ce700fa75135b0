/** A checkpoint's file as bytes, and its parameters as the trainer of its spec loads them. */
import { readFile } from "node:fs/promises";
import { DiagnosticError } from "../diagnostics/errors.ts";
import type { Trained } from "../pipeline.ts";
import type { Trainer } from "../runtime/trainer.ts";
import { sha256 } from "../util/sha256.ts";
import { onFile } from "./emitted-errors.ts";
import { fileReason } from "./file-reason.ts";

/** @throws DiagnosticError (T3001) */
export async function readCheckpointFile(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: unknown) => {
    throw new DiagnosticError([
      {
        code: "T3001",
        severity: "error",
        message: `the checkpoint cannot be read: ${fileReason(error)}`,
        place: { file },
      },
    ]);
  });
}

/** @throws DiagnosticError (T3001) if the checkpoint does not fit the trainer. */
export async function trainedValues(trainer: Trainer, file: string): Promise<Trained> {
  const bytes = await readCheckpointFile(file);
  const { fields } = onFile(file, "T3001", () => trainer.load(bytes));
  return { values: trainer.parameters, checkpointHash: sha256(bytes), fields };
}
