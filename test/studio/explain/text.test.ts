// Helper functions that format the text of views. If a test fails, a table is not aligned.
import { expect, it } from "vitest";
import { columns } from "../../../src/studio/views/view.ts";

it("columns are aligned, numbers on the right", () => {
  expect(
    columns([
      ["name", "ms"],
      ["a", 1.5],
      ["long name", 12],
    ]),
  ).toEqual(["name          ms", "a          1.500", "long name     12"]);
});
