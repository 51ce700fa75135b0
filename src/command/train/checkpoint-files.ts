/**
 * The checkpoints of a training run on disk. `model.ckpt` is always the newest; with `--keep 3` the two
 * before it stay as `model.epoch-0011.ckpt` and `model.epoch-0010.ckpt`.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { readCheckpoint } from "../../runtime/checkpoints/checkpoint.ts";
import { usageError } from "../terminal/report-error.ts";
import { checkWritable, writeFile } from "../files/write-file.ts";

/** Writes the next checkpoint. */
export type SaveCheckpoint = (bytes: Uint8Array) => Promise<void>;

/**
 * How to save; nothing is written without a file. @throws DiagnosticError (T1010, T1011) before there is
 * anything to save.
 */
export async function checkpointFiles(file: string | undefined, keep = 1): Promise<SaveCheckpoint> {
  if (file === undefined) {
    if (keep > 1) throw usageError("--keep says how many checkpoints stay", "add --out CHECKPOINT");
    return async () => {};
  }
  await checkWritable(file);
  if (keep === 1) return (bytes) => writeFile(file, bytes);
  return async (bytes) => {
    const epoch = epochOf(bytes);
    const before = await readFile(file).catch(() => undefined);
    // The copy first: a run that is killed in between has the newest one twice, and loses none.
    if (before !== undefined && epochOf(before) === epoch - 1)
      await writeFile(nameAt(file, epoch - 1), before);
    await writeFile(file, bytes);
    await removeUpTo(file, epoch - keep);
  };
}

/** NaN if the bytes are no checkpoint. */
function epochOf(bytes: Uint8Array): number {
  try {
    return readCheckpoint(bytes).header.progress.epoch;
  } catch {
    return NaN;
  }
}

/** Names sort as the epochs do. */
function nameAt(file: string, epoch: number | string): string {
  const end = extname(file);
  return join(dirname(file), `${basename(file, end)}.epoch-${String(epoch).padStart(4, "0")}${end}`);
}

/** Those of this epoch and before, also what a run that was killed could not remove. */
async function removeUpTo(file: string, last: number): Promise<void> {
  const [start, end] = basename(nameAt(file, "????")).split("????");
  for (const name of await readdir(dirname(file))) {
    const digits =
      name.startsWith(start) && name.endsWith(end) ? name.slice(start.length, -end.length || undefined) : "";
    if (/^\d{4,}$/.test(digits) && Number(digits) <= last)
      await rm(join(dirname(file), name), { force: true });
  }
}
