/** Text files as streams of validated UTF-8 bytes, and as lines. */
import { isUtf8 } from "node:buffer";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { bytesOf, maxLineBytes } from "./open-bytes.ts";

// Invalid bytes are an error, because a decoder would replace all of them with the same character and make
// different labels equal.

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/**
 * Like `bytesOf`, but each piece ends at the end of a character. @throws DiagnosticError with the first line
 * that is not UTF-8
 */
export async function* utf8BytesOf(file: string): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  let passed = 0;
  for await (const piece of bytesOf(file)) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = bytes.subarray(0, wholeCharacters(bytes));
    if (!isUtf8(whole)) throw await notUtf8(file, passed + firstWrong(whole));
    rest = bytes.subarray(whole.length);
    passed += whole.length;
    yield whole;
  }
  if (rest.length > 0) throw await notUtf8(file, passed);
}

/**
 * The number of bytes before an incomplete character at the end. Characters have up to four bytes, and all
 * but the first byte start with the bits 10.
 */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte >> 6 === 0b10) continue;
    const size = sizeOfCharacter(byte);
    return size > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** The size of a character in bytes, from its first byte. */
function sizeOfCharacter(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

/**
 * The index of the first byte that is not UTF-8: the length of the longest valid prefix, by binary search.
 */
function firstWrong(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const cut = wholeCharacters(bytes.subarray(0, middle));
    if (isUtf8(bytes.subarray(0, cut))) good = middle;
    else bad = middle;
  }
  return good;
}

async function notUtf8(file: string, offset: number): Promise<DiagnosticError> {
  const place = { file, line: await lineAt(file, offset) };
  const message = "the text is not UTF-8";
  return new DiagnosticError([
    { code: "T2002", severity: "error", message, hint: "save it as UTF-8", location: place },
  ]);
}

/** The line number of a byte offset. Lines end with \r, \n or \r\n. */
async function lineAt(file: string, offset: number): Promise<number> {
  let [line, before] = [1, 0];
  for await (const piece of bytesOf(file)) {
    for (const byte of piece.subarray(0, offset)) {
      if (byte === carriageReturn || (byte === lineFeed && before !== carriageReturn)) line++;
      before = byte;
    }
    offset -= piece.length;
    if (offset <= 0) break;
  }
  return line;
}

// Yields the lines of a text file. Only one line and one piece of the file are in memory at a time.

export interface Line {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Yields the lines that are not empty. Only \n ends a line, because JSON strings may contain other line
 * separators of Unicode.
 */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let line = 1;
  /** The text of the line that ends with these bytes. */
  const ended = (last: Uint8Array): string => {
    // Only the first line may begin with a byte-order mark. In later lines, the same character is part of the
    // text.
    const decoder = new TextDecoder("utf-8", { ignoreBOM: line > 1 });
    const text = decoder.decode(pieces.length === 0 ? last : Buffer.concat([...pieces, last]));
    [pieces, size] = [[], 0];
    return text;
  };
  for await (const piece of utf8BytesOf(file)) {
    let start = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
      if (size + end - start > maxLineBytes) throw tooLong(file, line);
      const text = ended(piece.subarray(start, end));
      if (text.trim() !== "") yield { text, line };
      line++;
      start = end + 1;
    }
    pieces.push(piece.slice(start));
    size += piece.length - start;
    if (size > maxLineBytes) throw tooLong(file, line);
  }
  const text = ended(new Uint8Array(0));
  if (text.trim() !== "") yield { text, line };
}

/** The error for a line or record above the limit. */
export function tooLong(file: string, line: number): DiagnosticError {
  const message = `the line is longer than ${maxLineBytes / 2 ** 20} MiB`;
  const hint = "write each row on its own line";
  return new DiagnosticError([{ code: "T2002", severity: "error", message, hint, location: { file, line } }]);
}
