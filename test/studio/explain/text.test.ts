// Pieces of the views' text. If one fails, a table is out of line.
import { expect, it } from "vitest";
import { columns } from "../../../src/studio/views/view.ts";

it("columns stand under one another, numbers to the right", () => {
  expect(
    columns([
      ["name", "ms"],
      ["a", 1.5],
      ["long name", 12],
    ]),
  ).toEqual(["name          ms", "a          1.500", "long name     12"]);
});
