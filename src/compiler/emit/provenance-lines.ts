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

export interface ProvenanceLine {
  readonly text: string;
  readonly provenance: Provenance;
}

/** What the kernel implements; a gradient says of what, and by which rule. Repeated lines are dropped. */
export function provenanceLines(provenance: readonly Provenance[], mark: string): ProvenanceLine[] {
  const lines = new Map<string, ProvenanceLine>();
  let source = "";
  for (const each of provenance) {
    const { text, gradientOf, rule } = each;
    const from = gradientOf === undefined ? "" : `Gradient of ${gradientOf} [${rule}]:`;
    const said = from !== "" && from !== source ? commentLines(from, mark) : [];
    source = from;
    for (const line of [...said, ...commentLines(from === "" ? text : `  ${text}`, mark)])
      if (!lines.has(line)) lines.set(line, { text: line, provenance: each });
  }
  return [...lines.values()];
}
