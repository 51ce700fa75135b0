/**
 * Writes a file so that at no moment there is half of one, whatever stops the process or the machine. What is no file but takes what is written to it
 * (a pipe, a terminal, /dev/null) is written to: nothing is put in its place.
 */
import { mkdir, open, realpath, rename, rm, stat, writeFile as writeTo } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DiagnosticError } from "../diagnostics/errors.ts";
import { fileReason } from "../util/file-reason.ts";

/**
 * Beside it first, and onto the disk, then renamed onto it; a link stays, and what it leads to is replaced. Makes the folder if need be.
 * @throws DiagnosticError (T1011) if the file cannot be written; one that was there is then as it was.
 */
export const writeFile = (file: string, content: string | Uint8Array): Promise<void> =>
  telling(file, async () => {
    if (await isDevice(file)) return writeTo(file, content);
    const target = await realpath(file).catch(() => file);
    await beside(target, async (partial) => {
      await writeThrough(partial, content);
      await rename(partial, target);
      await settle(dirname(target));
    });
  });

/** Finds out whether the file could be written, before the work whose result it is to hold. @throws DiagnosticError (T1011) */
export const checkWritable = (file: string): Promise<void> =>
  telling(file, async () => {
    if (await isDevice(file)) return;
    await beside(await realpath(file).catch(() => file), async (partial) => {
      await writeThrough(partial, "");
      await rm(partial);
    });
  });

/** What goes wrong in the work is told as a fault of writing this file. */
async function telling(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new DiagnosticError([
      { code: "T1011", severity: "error", message: `cannot write ${file}: ${fileReason(error)}` },
    ]);
  }
}

/** Whether something is there that is neither a file nor a folder. */
async function isDevice(file: string): Promise<boolean> {
  const status = await stat(file).catch(() => undefined);
  if (file.endsWith("/") || status?.isDirectory()) throw new Error("it is a folder");
  return status !== undefined && !status.isFile();
}

/** Does some work with a name that no other process writes, of which nothing is left. */
async function beside(file: string, work: (partial: string) => Promise<void>): Promise<void> {
  const folder = dirname(file);
  const partial = join(folder, `.${basename(file)}.${process.pid}.partial`);
  try {
    await mkdir(folder, { recursive: true });
    await work(partial);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  }
}

/** Returns when the content is on the disk. */
async function writeThrough(file: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(file, "w");
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts a renaming onto the disk, on systems that let folders be opened; on others the file is old or new, but whole. */
async function settle(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
