// The lines of a text file, one at a time; whatever the size of the file, no more than one line and a piece
// of it is held.
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { mostLineBytes } from "./open-bytes.ts";
import { utf8BytesOf } from "./utf8-bytes.ts";

export interface Line {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const lineFeed = 0x0a;

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
  return new DiagnosticError([{ code: "T2002", severity: "error", message, hint, place: { file, line } }]);
}
