/**
 * Where each line of emitted text comes from. While text is written, stretches of it are marked; what is
 * marked are words, for indenting and formatting move text but keep its words in order. So the marks hold for
 * the formatted text as they do for the text as it was written.
 */
import CodeBlockWriter from "code-block-writer";
import type { LineOrigin } from "../emitted-file.ts";

/** Origin of the words from `from` up to but not including `to`. */
interface WordMark {
  readonly from: number;
  readonly to: number;
  readonly origin: LineOrigin;
}

export interface MarkedText {
  readonly text: string;
  /** An outer stretch stands before those within it. */
  readonly marks: readonly WordMark[];
}

/** A number with an exponent is one word, for formatting drops its plus sign. */
const words = /\d+e[+-]?\d+|[\w$]+/g;

const wordStarts = (text: string): number[] => Array.from(text.matchAll(words), ({ index }) => index);

/** A writer that knows where what it writes comes from. Stretches begin and end between words. */
export class MarkingWriter extends CodeBlockWriter {
  private readonly pieces: { readonly from: number; to: number; readonly origin: LineOrigin }[] = [];
  private readonly embedded: { readonly at: number; readonly marks: readonly WordMark[] }[] = [];

  constructor() {
    super({ indentNumberOfSpaces: 2 });
  }

  /** What `write` writes is of this origin, but for what is marked within it. */
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

  /** Writes text with its own marks. */
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

/** How many words begin before a place in the text. */
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
 * The origin of every line of a text that has the words of the marked one, formatted in whatever way: that of
 * its first word. A line of brackets alone closes what the last line before it with as much space in front
 * began.
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
  if (next !== count) throw new Error(`internal: formatting made ${next} words of ${count}`);
  return origins;
}
