// A data file as a stream of bytes; what gzip packed is unpacked on the way, whatever the file is called.
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { DiagnosticError } from "../diagnostics/errors.ts";
import { fileReason } from "../util/file-reason.ts";

/** What the file holds, piece by piece. Throws a {@link DiagnosticError} that says why it cannot be read. */
export async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  const isPacked = await beginsAsGzip(file).catch((error: Error) => {
    throw unreadable(file, error);
  });
  const source = createReadStream(file, { highWaterMark: 1 << 16 });
  const bytes = isPacked ? pipeline(source, createGunzip(), () => {}) : source;
  try {
    for await (const piece of bytes) yield piece;
  } catch (error) {
    if (error instanceof Error && "code" in error && /^Z_/.test(String(error.code))) {
      const message = "the gzip data is damaged or cut short";
      throw new DiagnosticError([{ code: "T2002", severity: "error", message, place: { file } }]);
    }
    throw error instanceof Error ? unreadable(file, error) : error;
  }
}

/** All that the file holds. */
export async function wholeOf(file: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytesOf(file)) pieces.push(piece);
  // Not as a Buffer, whose `slice` would be no copy.
  const { buffer, byteOffset, length } = Buffer.concat(pieces);
  return new Uint8Array(buffer, byteOffset, length);
}

async function beginsAsGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function unreadable(file: string, error: Error): DiagnosticError {
  const message = `cannot read ${file}: ${fileReason(error)}`;
  return new DiagnosticError([{ code: "T2001", severity: "error", message }]);
}

/** How many lines there are at most: as many as there are ends of lines, and one more. */
export async function countLines(file: string): Promise<number> {
  let ends = 1;
  for await (const piece of bytesOf(file))
    for (let i = 0; i < piece.length; i++) if (piece[i] === 0x0a || piece[i] === 0x0d) ends++;
  return ends;
}
