/**
 * Checkpoints on disk. `model.ckpt` is always the newest; `--keep 3` also keeps the two before it as
 * `model.epoch-0011.ckpt` and `model.epoch-0010.ckpt`. A file that ends in `.safetensors` has that format.
 */
import { readFile, readdir, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { MemoryPlan } from "../../compiler/loop/types.ts";
import { openCheckpoint } from "../formats/parameters/checkpoint.ts";
import { encodeTensorCheckpoint } from "../formats/parameters/tensor-checkpoint.ts";
import { checkWritable, writeFile } from "../files/write-file.ts";
import { usageError } from "../terminal/report-error.ts";

/** Writes the next checkpoint. */
export type SaveCheckpoint = (bytes: Uint8Array) => Promise<void>;

/**
 * Creates the function that saves checkpoints. Without a file, the function does nothing. `plan` is the memory of the
 * trainer.
 * @throws DiagnosticError (T1010, T1011)
 */
export async function checkpointFiles(
  file: string | undefined,
  plan: MemoryPlan,
  keep = 1,
): Promise<SaveCheckpoint> {
  if (file === undefined) {
    if (keep > 1) throw usageError("--keep needs --out", "add --out CHECKPOINT");
    return async () => {};
  }
  await checkWritable(file);
  const isTensors = extname(file).toLowerCase() === ".safetensors";
  const inFormat = (bytes: Uint8Array) => (isTensors ? encodeTensorCheckpoint(bytes, plan) : bytes);
  if (keep === 1) return (bytes) => writeFile(file, inFormat(bytes));
  return async (bytes) => {
    // The checkpoint after an epoch is kept; a checkpoint inside the next epoch is replaced.
    const epoch = Math.ceil(epochOf(bytes));
    const before = await readFile(file).catch(() => undefined);
    // The copy comes first, so that no checkpoint is lost if the run is killed in between.
    if (before !== undefined && epochOf(before) === epoch - 1)
      await writeFile(nameAt(file, epoch - 1), before);
    await writeFile(file, inFormat(bytes));
    await removeUpTo(file, epoch - keep);
  };
}

/**
 * The epoch of a checkpoint, plus one half if it is inside the next epoch. NaN if the bytes are not a
 * checkpoint.
 */
function epochOf(bytes: Uint8Array): number {
  try {
    const { epoch, rows = 0 } = openCheckpoint(bytes).header.progress;
    return rows > 0 ? epoch + 0.5 : epoch;
  } catch {
    return NaN;
  }
}

/** Zero-padded, so that names sort by epoch. */
function nameAt(file: string, epoch: number | string): string {
  const end = extname(file);
  return join(dirname(file), `${basename(file, end)}.epoch-${String(epoch).padStart(4, "0")}${end}`);
}

/** Removes checkpoints up to this epoch, including any that killed runs have not removed. */
async function removeUpTo(file: string, last: number): Promise<void> {
  const [start, end] = basename(nameAt(file, "????")).split("????");
  for (const name of await readdir(dirname(file))) {
    const digits =
      name.startsWith(start) && name.endsWith(end) ? name.slice(start.length, -end.length || undefined) : "";
    if (/^\d{4,}$/.test(digits) && Number(digits) <= last)
      await rm(join(dirname(file), name), { force: true });
  }
}
