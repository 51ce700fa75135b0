/** Data files as streams of bytes, with gzip unpacked. */
import type { DiagnosticCode } from "../../../compiler/diagnostics/codes.ts";
import { createReadStream } from "node:fs";
import { access, constants, open, stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { fileReason } from "../../../compiler/util/message-text.ts";
import { InputError } from "../../../runtime/step/errors.ts";
import { mostUnpacked, unpackedTooFar } from "../../../runtime/data/idx.ts";

// Only regular files are read, because pipes wait for a writer, and devices may have no end.

/** The size of a regular file in bytes, or the reason why it cannot be read. Follows symbolic links. */
export async function regularFile(path: string): Promise<{ size: number } | { reason: string }> {
  try {
    const status = await stat(path);
    if (!status.isFile())
      return { reason: status.isDirectory() ? "it is a folder" : "it is a device or a pipe, not a file" };
    await access(path, constants.R_OK);
    return { size: status.size };
  } catch (error) {
    return { reason: fileReason(error) };
  }
}

// Gzip is recognised by the content of a file, not by its name.

const pieceSize = 1 << 16;

interface Packing {
  readonly size: number;
  readonly isPacked: boolean;
}

/** Yields the unpacked content of the file in pieces. @throws DiagnosticError if the file cannot be read */
export async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  const { size, isPacked } = await packingOf(file);
  const source = createReadStream(file, { highWaterMark: pieceSize });
  const bytes = isPacked ? pipeline(source, createGunzip({ chunkSize: pieceSize }), () => {}) : source;
  const most = isPacked ? mostUnpacked(size) : Infinity;
  let passed = 0;
  try {
    for await (const piece of bytes) {
      passed += piece.length;
      if (passed > most) throw damaged(file, unpackedTooFar(most));
      yield piece;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && /^Z_/.test(String(error.code)))
      throw damaged(file, "the gzip data is damaged or truncated");
    throw error instanceof Error && !(error instanceof DiagnosticError) ? unreadable(file, error) : error;
  }
}

/**
 * Unpacks a gzip file once and discards the result, so that a file that is too large fails before rows are
 * parsed.
 */
export async function checkUnpacked(file: string): Promise<void> {
  const { isPacked } = await packingOf(file);
  if (!isPacked) return;
  const pieces = bytesOf(file);
  for (let done: boolean | undefined = false; done !== true;) ({ done } = await pieces.next());
}

/** The first `count` bytes, or all bytes of a shorter file. */
export async function beginningOf(file: string, count: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let found = 0;
  for await (const piece of bytesOf(file)) {
    pieces.push(piece);
    found += piece.length;
    if (found >= count) break;
  }
  return Buffer.concat(pieces).subarray(0, count);
}

/** Reads the size of a file from its header. `code` is the code of errors in the header. */
export interface Sized {
  readonly code: "T2003" | "T2004";
  /** The unpacked size of the file in bytes, from its first 64 KiB. @throws InputError */
  sizeIn(beginning: Uint8Array): number;
  /** The declared size in terms of the format, for messages. */
  claim?(beginning: Uint8Array): string;
}

/**
 * Reads a whole file. With `sized`, reads at most the declared size, and reads nothing if the file is too
 * small to contain it.
 */
export async function wholeOf(file: string, sized?: Sized): Promise<Uint8Array> {
  const most = sized === undefined ? Infinity : await checkedSize(file, sized);
  const pieces: Uint8Array[] = [];
  let found = 0;
  for await (const piece of bytesOf(file)) {
    pieces.push(piece);
    found += piece.length;
    if (sized !== undefined && found > most)
      inFile(file, sized.code, () => {
        throw new InputError(`the file has extra bytes: its header declares ${most} bytes`);
      });
  }
  // A Uint8Array and not a Buffer, because `slice` of a Buffer does not copy.
  const { buffer, byteOffset, length } = Buffer.concat(pieces);
  return new Uint8Array(buffer, byteOffset, length);
}

/** The declared size, checked against the size of the file. */
async function checkedSize(file: string, { code, sizeIn, claim }: Sized): Promise<number> {
  const beginning = await beginningOf(file, pieceSize);
  const { size, isPacked } = await packingOf(file);
  return inFile(file, code, () => {
    const declared = sizeIn(beginning);
    if (isPacked && declared > mostUnpacked(size)) throw new InputError(unpackedTooFar(mostUnpacked(size)));
    if (!isPacked && declared > size)
      throw new InputError(
        `the file is truncated: ${claim?.(beginning) ?? `its header declares ${declared} bytes`}, ` +
          `but it has ${size}`,
      );
    return declared;
  });
}

async function packingOf(file: string): Promise<Packing> {
  const found = await regularFile(file);
  if ("reason" in found) throw unreadable(file, new Error(found.reason));
  const handle = await open(file).catch((error: Error) => {
    throw unreadable(file, error);
  });
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return { size: found.size, isPacked: buffer[0] === 0x1f && buffer[1] === 0x8b };
  } finally {
    await handle.close();
  }
}

const damaged = (file: string, message: string): DiagnosticError =>
  new DiagnosticError([{ code: "T2002", severity: "error", message, location: { file } }]);

function unreadable(file: string, error: Error): DiagnosticError {
  const message = `cannot read ${file}: ${fileReason(error)}`;
  return new DiagnosticError([{ code: "T2001", severity: "error", message }]);
}

// Converts errors of the trainer's runtime about a file (columns, cells, or bytes) to diagnostics.

/**
 * Runs `work` on the content of a file. An {@link InputError} becomes a {@link DiagnosticError} with the
 * location in the file and `code`: T2003 for tables, T2004 for their values, T3001 for checkpoints, T3002 for
 * files of tensors.
 */
export function inFile<T>(file: string, code: "T2003" | "T2004" | "T3001" | "T3002", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new DiagnosticError([wrongIn(file, code, error)]);
  }
}

/** Converts an {@link InputError} to a diagnostic. Rows of files without lines are named in the message. */
export function wrongIn(file: string, code: DiagnosticCode, { message, line }: InputError): Diagnostic {
  return typeof line === "number"
    ? { code, severity: "error", message, location: { file, line } }
    : {
        code,
        severity: "error",
        message: line === undefined ? message : `${line}: ${message}`,
        location: { file },
      };
}

// Limits on data files, which are generous for real data. They prevent a damaged or hostile file from using
// memory out of proportion to its size. The limit on gzip files is `mostUnpacked` in runtime/data/idx.ts.

/** The maximum size in bytes of a line of JSON Lines, or of a record of CSV. */
export const maxLineBytes = 2 ** 24;

/** The maximum number of columns. */
export const maxColumns = 1_000_000;

/** The maximum depth of nested lists and objects in a line of JSON, or in the schema of a Parquet file. */
export const maxDepth = 32;
