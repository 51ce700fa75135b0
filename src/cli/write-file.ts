/** Writes a file so that at no moment there is half of one: beside it first, then renamed onto it. */
import { mkdir, rename, rm, stat, writeFile as write } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DiagnosticError } from "../diagnostics/errors.ts";
import { fileReason } from "./file-reason.ts";

/** Makes the folder if need be. @throws DiagnosticError (T1011) if the file cannot be written. */
export const writeFile = (file: string, content: string | Uint8Array): Promise<void> =>
  beside(file, async (partial) => {
    await write(partial, content);
    await rename(partial, file);
  });

/** For what is written after long work: says at once what {@link writeFile} would say then. The file itself is left alone. */
export const checkWritable = (file: string): Promise<void> =>
  beside(file, async (partial) => {
    await write(partial, "");
    await rm(partial);
  });

async function beside(file: string, work: (partial: string) => Promise<void>): Promise<void> {
  const folder = dirname(file);
  const partial = join(folder, `.${basename(file)}.${process.pid}.partial`);
  try {
    await mkdir(folder, { recursive: true });
    const status = await stat(file).catch(() => undefined);
    if (status?.isDirectory()) throw new Error("it is a folder");
    await work(partial);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw new DiagnosticError([
      { code: "T1011", severity: "error", message: `cannot write ${file}: ${fileReason(error)}` },
    ]);
  }
}
