/** Writes a file so that at no moment there is half of one, whatever stops the process or the machine. */
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DiagnosticError } from "../diagnostics/errors.ts";
import { fileReason } from "../util/file-reason.ts";

/**
 * Beside it first, and onto the disk, then renamed onto it. Makes the folder if need be.
 * @throws DiagnosticError (T1011) if the file cannot be written; one that was there is then as it was.
 */
export const writeFile = (file: string, content: string | Uint8Array): Promise<void> =>
  beside(file, async (partial) => {
    await writeThrough(partial, content);
    await rename(partial, file);
    await settle(dirname(file));
  });

/** Finds out whether the file could be written, before the work whose result it is to hold. @throws DiagnosticError (T1011) */
export const checkWritable = (file: string): Promise<void> =>
  beside(file, async (partial) => {
    await writeThrough(partial, "");
    await rm(partial);
  });

/** Does some work with a name that no other process writes. */
async function beside(file: string, work: (partial: string) => Promise<void>): Promise<void> {
  const folder = dirname(file);
  const partial = join(folder, `.${basename(file)}.${process.pid}.partial`);
  try {
    await mkdir(folder, { recursive: true });
    const status = await stat(file).catch(() => undefined);
    if (file.endsWith("/") || status?.isDirectory()) throw new Error("it is a folder");
    await work(partial);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw new DiagnosticError([
      { code: "T1011", severity: "error", message: `cannot write ${file}: ${fileReason(error)}` },
    ]);
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
