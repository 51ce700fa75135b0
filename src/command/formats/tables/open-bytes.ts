/** Data files as streams of bytes; gzip data is unpacked on the way. */
import type { DiagnosticCode } from "../../../compiler/diagnostics/codes.ts";
import { createReadStream } from "node:fs";
import { access, constants, open, stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { fileReason } from "../../../compiler/util/message-text.ts";
import { InputError } from "../../../runtime/core/input-error.ts";
import { mostUnpacked, unpackedTooFar } from "../../../runtime/data/gunzip.ts";

// Whether a path is a regular file: pipes wait for a writer, and devices have no end.

/** The size of a regular file in bytes, or the reason why the path is not one. Links are followed. */
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

// A data file as a stream of bytes. Gzip is recognised by content, not by the file's name.

const pieceSize = 1 << 16;

interface Packing {
  readonly size: number;
  readonly isPacked: boolean;
}

/** What the file holds, piece by piece. Throws a {@link DiagnosticError} that says why it cannot be read. */
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
      throw damaged(file, "the gzip data is damaged or cut short");
    throw error instanceof Error && !(error instanceof DiagnosticError) ? unreadable(file, error) : error;
  }
}

/**
 * Unpacks a packed file once and keeps nothing, so that one with too much in it is refused before its rows
 * are parsed.
 */
export async function checkUnpacked(file: string): Promise<void> {
  const { isPacked } = await packingOf(file);
  if (!isPacked) return;
  const pieces = bytesOf(file);
  for (let done: boolean | undefined = false; done !== true;) ({ done } = await pieces.next());
}

/** The first bytes: `count` of them, fewer only if the file has no more. */
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

/** How the header of a format tells the size of a file; errors about it have the code. */
export interface Sized {
  readonly code: "T2003" | "T2004";
  /** How many bytes the whole file has, unpacked, by its first 64 KiB. @throws InputError */
  sizeIn(beginning: Uint8Array): number;
  /** Who says so, in the words of the format. */
  claim?(beginning: Uint8Array): string;
}

/** All that the file holds. Where its header tells the size, no more is read, and nothing if it cannot be right. */
export async function wholeOf(file: string, sized?: Sized): Promise<Uint8Array> {
  const most = sized === undefined ? Infinity : await checkedSize(file, sized);
  const pieces: Uint8Array[] = [];
  let found = 0;
  for await (const piece of bytesOf(file)) {
    pieces.push(piece);
    found += piece.length;
    if (sized !== undefined && found > most)
      inFile(file, sized.code, () => {
        throw new InputError(`the file goes on after its end: its header says that it has ${most} bytes`);
      });
  }
  // Not as a Buffer, whose `slice` would be no copy.
  const { buffer, byteOffset, length } = Buffer.concat(pieces);
  return new Uint8Array(buffer, byteOffset, length);
}

/** The size that the header declares, if there can be so many bytes. */
async function checkedSize(file: string, { code, sizeIn, claim }: Sized): Promise<number> {
  const beginning = await beginningOf(file, pieceSize);
  const { size, isPacked } = await packingOf(file);
  return inFile(file, code, () => {
    const declared = sizeIn(beginning);
    if (isPacked && declared > mostUnpacked(size)) throw new InputError(unpackedTooFar(mostUnpacked(size)));
    if (!isPacked && declared > size)
      throw new InputError(
        `the file is cut short: ${claim?.(beginning) ?? `its header says that it has ${declared} bytes`}, ` +
          `and it has ${size}`,
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

// Errors of the trainer's runtime about a file (columns, cells, or bytes) as diagnostics.

/**
 * Does some work on what a file held; an {@link InputError} becomes a {@link DiagnosticError} with `code`
 * (T2003 for tables, T2004 for what is in them, T3001 for checkpoints, T3002 for files of tensors), placed in
 * the file.
 */
export function inFile<T>(file: string, code: "T2003" | "T2004" | "T3001" | "T3002", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new DiagnosticError([wrongIn(file, code, error)]);
  }
}

/** A row that has no line is named in words. */
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

// Limits on data files. A packed file has one more: `mostUnpacked` of runtime/gunzip.ts. Each is generous for
// real data, and keeps a damaged or hostile file from taking memory that its own size does not justify.

/** The bytes of one line of JSON Lines, or of one record of CSV. */
export const mostLineBytes = 2 ** 24;

/** How many columns a file has. */
export const mostColumns = 1_000_000;

/** How deep lists and objects are nested on a line of JSON, or in the schema of a Parquet file. */
export const deepest = 32;
