// Reads a data file for the command line; what gzip packed is unpacked, whatever the file is called.
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DiagnosticError } from "../diagnostics/errors.ts";

/** What the file holds. Throws a {@link DiagnosticError} that says why it cannot be read. */
export async function readBytes(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new DiagnosticError([
      { code: "T2001", severity: "error", message: `cannot read ${file}: ${error.message}` },
    ]);
  });
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return promisify(gunzip)(bytes).catch(() => {
    const message = "the gzip data is damaged or cut short";
    throw new DiagnosticError([{ code: "T2002", severity: "error", message, place: { file } }]);
  });
}
