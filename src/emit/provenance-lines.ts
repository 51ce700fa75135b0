/** What a kernel implements, as comments above it; targets differ in the mark that begins a comment. */
import type { Provenance } from "../loop/types.ts";

/** Comments stay within the width of the page. */
export function commentLines(text: string, mark = "//", width = 104): string[] {
  const lines: string[] = [];
  let line = mark;
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > width && line !== mark) {
      lines.push(line);
      line = `${mark}  `;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** What the kernel implements; a gradient says of what, and by which rule. Repeated lines are dropped. */
export function provenanceLines(provenance: readonly Provenance[], mark: string): string[] {
  const lines: string[] = [];
  let source = "";
  for (const { text, gradientOf, rule } of provenance) {
    const from = gradientOf === undefined ? "" : `Gradient of ${gradientOf} [${rule}]:`;
    if (from !== "" && from !== source) lines.push(...commentLines(from, mark));
    source = from;
    lines.push(...commentLines(from === "" ? text : `  ${text}`, mark));
  }
  return [...new Set(lines)];
}
