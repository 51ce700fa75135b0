/**
 * Fits a text to the terminal: wraps its lines to the width, and colours the lines of differences. A text for a
 * file or a pipe stays unchanged, so that other programs read the same on every machine.
 */
import { createColors } from "picocolors";
import { hasColour } from "./progress-line.ts";

/** The part of a stream that determines the layout. */
interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Continued lines are indented by two columns more than their first line. */
const continued = 2;
/** Narrower terminals get no wrapped lines, because too little of a line would remain after its indentation. */
const minWidth = 40;

/** Writes a text to standard output, fitted to the terminal if there is one. */
export const printText = (text: string): void => {
  process.stdout.write(terminalText(text, process.stdout));
};

export function terminalText(text: string, terminal: Terminal): string {
  const colours = createColors(hasColour(terminal));
  const width = terminal.isTTY === true ? (terminal.columns ?? Infinity) : Infinity;
  return text
    .split("\n")
    .map((line) => {
      const wrapped = wrap(line, width);
      const sign = /^ {2}([+-]) /.exec(line)?.[1];
      if (sign === undefined) return wrapped.join("\n");
      const paint = sign === "+" ? colours.green : colours.red;
      return wrapped.map((part) => paint(part)).join("\n");
    })
    .join("\n");
}

/** Breaks a line between words. The rows of a table with lines between its cells stay whole. */
function wrap(line: string, width: number): string[] {
  if (line.length <= width || width < minWidth || /[│┌├└┤┼╭╰]/.test(line)) return [line];
  const indent = " ".repeat(Math.min((/^ */.exec(line)?.[0].length ?? 0) + continued, minWidth / 2));
  const parts: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const start = /^ */.exec(rest)?.[0].length ?? 0;
    const end = rest.lastIndexOf(" ", width);
    // A word that is longer than the terminal is wide stays whole, so that it can be copied.
    const cut = end > start ? end : rest.indexOf(" ", width);
    if (cut < 0) break;
    parts.push(rest.slice(0, cut).trimEnd());
    rest = indent + rest.slice(cut).trimStart();
  }
  return [...parts, rest];
}
