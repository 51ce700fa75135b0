// The pieces of emitted code that the playground colours one by one. If a test fails, its code is shown wrong.
import { typescriptLanguage } from "@codemirror/lang-javascript";
import { classHighlighter, highlightTree } from "@lezer/highlight";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { declarationsIn } from "../../../src/studio/pages/playground/declarations.ts";

/** The coloured tokens of a text as `class text`, without their places. */
function tokensOf(text: string): string[] {
  const found: string[] = [];
  highlightTree(typescriptLanguage.parser.parse(text), classHighlighter, (from, to, kind) => {
    found.push(`${kind} ${text.slice(from, to)}`);
  });
  return found;
}

it.each(["digits", "names-gru"])("have the colours of the whole file: %s", (name) => {
  const text = readFileSync(`generated/${name}.ts`, "utf8");
  const pieces = declarationsIn(text);
  expect(pieces.join("\n")).toBe(text);
  expect(pieces.flatMap(tokensOf)).toEqual(tokensOf(text));
  // The number of lines in which one change can show.
  expect(Math.max(...pieces.map((piece) => piece.split("\n").length))).toBeLessThan(300);
});
