/** Text files as streams: bytes that are verified to be UTF-8, and their lines. */
import { isUtf8 } from "node:buffer";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { bytesOf, mostLineBytes } from "./open-bytes.ts";

// A text file as a stream of UTF-8 bytes. A decoder would replace all invalid bytes by one character, and so make
// different labels equal.

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/** As `bytesOf`, cut between characters. Throws a {@link DiagnosticError} with the first line that is not UTF-8. */
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
 * How many bytes there are before a character that the next piece may go on with: it has up to four, and 10…
 * are those after the first.
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

/** In bytes, by the first of them. */
function sizeOfCharacter(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

/** Where the first of these bytes stands that is not UTF-8: how far the longest beginning goes that is. */
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

/** The line on which a byte of the file stands; a line ends with \r, \n, or both. */
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

// The lines of a text file, one at a time. Memory holds one line and one piece of the file, whatever its size.

export interface Line {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Those that are not empty. A line ends with \n, and with nothing else: a text of JSON may hold the other
 * separators of Unicode.
 */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let line = 1;
  /** The line that these bytes end, as text. */
  const ended = (last: Uint8Array): string => {
    // The byte-order mark is that of the file; a later line may begin with the same sign.
    const decoder = new TextDecoder("utf-8", { ignoreBOM: line > 1 });
    const text = decoder.decode(pieces.length === 0 ? last : Buffer.concat([...pieces, last]));
    [pieces, size] = [[], 0];
    return text;
  };
  for await (const piece of utf8BytesOf(file)) {
    let start = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
      if (size + end - start > mostLineBytes) throw tooLong(file, line);
      const text = ended(piece.subarray(start, end));
      if (text.trim() !== "") yield { text, line };
      line++;
      start = end + 1;
    }
    pieces.push(piece.slice(start));
    size += piece.length - start;
    if (size > mostLineBytes) throw tooLong(file, line);
  }
  const text = ended(new Uint8Array(0));
  if (text.trim() !== "") yield { text, line };
}

/** A line, or a record, that is longer than any row should be. */
export function tooLong(file: string, line: number): DiagnosticError {
  const message = `the line has more than ${mostLineBytes / 2 ** 20} MiB`;
  const hint = "a row is on a line of its own";
  return new DiagnosticError([{ code: "T2002", severity: "error", message, hint, location: { file, line } }]);
}
