// The lines of a text file, one at a time; whatever its size, no more than a piece of it is held.
import { utf8BytesOf } from "./utf8-bytes.ts";

export interface Line {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** Those that are not empty. A line ends with \n, and with nothing else: a text of JSON may hold the other separators of Unicode. */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = "";
  let line = 1;
  for await (const piece of utf8BytesOf(file)) {
    const texts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = texts.pop() ?? "";
    for (const text of texts) {
      if (text.trim() !== "") yield { text, line };
      line++;
    }
  }
  if (rest.trim() !== "") yield { text: rest, line };
}
