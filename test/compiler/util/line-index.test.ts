// The conversion of offsets to lines and columns. If a test fails, every diagnostic is one line or column
// off.
import { expect, it } from "vitest";
import { lineIndex } from "../../../src/compiler/util/line-index.ts";

it("counts lines from 1 for all kinds of line ends, which are not part of the lines", () => {
  const index = lineIndex("ab\ncd\r\nef\rg");
  expect(index.lines).toEqual(["ab", "cd", "ef", "g"]);
  expect(index.at(0)).toEqual({ line: 1, column: 1 });
  expect(index.at(4)).toEqual({ line: 2, column: 2 });
  expect(index.at(10)).toEqual({ line: 4, column: 1 });
});

it("converts a line and column back to the offset", () => {
  const index = lineIndex("ab\ncd\n\nef");
  for (const offset of [0, 1, 3, 4, 6, 7, 8]) {
    const { line, column } = index.at(offset);
    expect(index.offset(line, column)).toBe(offset);
  }
});

it("places the end of an empty text on its first line", () => {
  expect(lineIndex("").at(0)).toEqual({ line: 1, column: 1 });
});

it("gives an offset between CR and LF the column after the last character of the line", () => {
  expect(lineIndex("ab\r\ncd").at(3)).toEqual({ line: 1, column: 3 });
});
