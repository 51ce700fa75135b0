/**
 * Records the origin of each line of emitted text. A writer marks ranges of its text while it writes. The
 * marks count words, because formatting moves text but keeps the order of its words.
 */
import CodeBlockWriter from "code-block-writer";
import type { LineOrigin } from "../emitted-file.ts";

/** The origin of a range of words. The word `to` is not included. */
interface WordMark {
  readonly from: number;
  readonly to: number;
  readonly origin: LineOrigin;
}

export interface MarkedText {
  readonly text: string;
  /** Outer ranges come before the ranges inside them. */
  readonly marks: readonly WordMark[];
}

/** A number with an exponent counts as one word, because formatting drops its plus sign. */
const words = /\d+e[+-]?\d+|[\w$]+/g;

const wordStarts = (text: string): number[] => Array.from(text.matchAll(words), ({ index }) => index);

/** A writer that can mark ranges of its text. Ranges begin and end between words. */
export class MarkingWriter extends CodeBlockWriter {
  private readonly pieces: { readonly from: number; to: number; readonly origin: LineOrigin }[] = [];
  private readonly embedded: { readonly at: number; readonly marks: readonly WordMark[] }[] = [];

  constructor() {
    super({ indentNumberOfSpaces: 2 });
  }

  /** Marks the text that `write` writes. Ranges that `write` marks itself override this mark. */
  marked(origin: LineOrigin | undefined, write: () => void): this {
    if (origin === undefined) {
      write();
      return this;
    }
    const piece = { from: this.getLength(), to: 0, origin };
    this.pieces.push(piece);
    write();
    piece.to = this.getLength();
    return this;
  }

  /** Writes text that already has marks. */
  writeMarked({ text, marks }: MarkedText): this {
    this.embedded.push({ at: this.getLength(), marks });
    this.write(text);
    return this;
  }

  markedText(): MarkedText {
    const text = this.toString();
    const starts = wordStarts(text);
    const own = this.pieces.map(({ from, to, origin }) => ({
      from: wordAt(starts, from),
      to: wordAt(starts, to),
      origin,
    }));
    const others = this.embedded.flatMap(({ at, marks }) => {
      const first = wordAt(starts, at);
      return marks.map(({ from, to, origin }) => ({ from: from + first, to: to + first, origin }));
    });
    const marks = [...own, ...others].sort((a, b) => a.from - b.from || b.to - a.to);
    return { text, marks };
  }
}

/** The number of words that start before a position. */
function wordAt(starts: readonly number[], place: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The origin of each line of `formatted`, which consists of the same words as `text`. A line has the origin
 * of its first word. A line without words, such as a closing bracket, has the origin of the last line before
 * it with the same indentation.
 */
export function lineOrigins({ text, marks }: MarkedText, formatted: string): (LineOrigin | undefined)[] {
  const count = wordStarts(text).length;
  const ofWord = new Array<LineOrigin | undefined>(count);
  for (const { from, to, origin } of marks) ofWord.fill(origin, from, to);
  const byIndent = new Map<number, LineOrigin | undefined>();
  let next = 0;
  const origins = formatted.split("\n").map((line) => {
    const found = wordStarts(line).length;
    const indent = line.search(/\S/);
    if (found > 0) byIndent.set(indent, ofWord[next]);
    next += found;
    return indent < 0 ? undefined : byIndent.get(indent);
  });
  if (next !== count) throw new Error(`internal: formatting turned ${count} words into ${next}`);
  return origins;
}
