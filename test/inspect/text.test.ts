// Pieces of the views' text. If one fails, a table is out of line or a change of a graph is left out.
import { describe, expect, it } from "vitest";
import { lineDiff } from "../../src/inspect/line-diff.ts";
import { columns } from "../../src/inspect/view.ts";

describe("lineDiff", () => {
  it.each([
    ["a\nb\nc", "a\nb\nc", []],
    ["a\nb\nc", "a\nc", ["- b"]],
    ["a\nc", "a\nb\nc", ["+ b"]],
    ["a\nb\nc\nd", "a\nx\nc\ny", ["- b", "+ x", "- d", "+ y"]],
    ["a\na\nb", "a\nb\nb", ["- a", "+ b"]],
  ])("%j to %j", (before, after, lines) => {
    expect(lineDiff(before, after)).toEqual(lines);
  });
});

it("columns stand under one another, numbers to the right", () => {
  expect(
    columns([
      ["name", "ms"],
      ["a", 1.5],
      ["long name", 12],
    ]),
  ).toEqual(["name          ms", "a          1.500", "long name     12"]);
});
