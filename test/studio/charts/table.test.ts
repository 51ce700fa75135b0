// Tables of results. If a test fails, values are in the wrong column, or a label in the data can control the
// terminal.
import { expect, it } from "vitest";
import { tableText } from "../../../src/studio/charts/table.ts";

it("has title, head, rows and summary rows, numbers right-aligned", () => {
  const text = tableText({
    title: "wine: 2 folds",
    head: ["fold", "best epoch", "loss", "accuracy"],
    rows: [
      ["1", 12, 0.25, 0.9667],
      ["2", 7, 0.00001234, 1],
    ],
    foot: [["mean", 9.5, 0.125, undefined]],
  });
  expect(text).toMatchInlineSnapshot(`
    "wine: 2 folds
    ┌──────┬────────────┬────────────┬──────────┐
    │ fold │ best epoch │       loss │ accuracy │
    ├──────┼────────────┼────────────┼──────────┤
    │ 1    │         12 │     0.2500 │   0.9667 │
    │ 2    │          7 │ 0.00001234 │   1.0000 │
    ├──────┼────────────┼────────────┼──────────┤
    │ mean │     9.5000 │     0.1250 │          │
    └──────┴────────────┴────────────┴──────────┘
    "
  `);
});

it("has no line for a missing foot, and none for a missing title", () => {
  expect(tableText({ head: ["a"], rows: [["x"]] })).toMatchInlineSnapshot(`
    "┌───┐
    │ a │
    ├───┤
    │ x │
    └───┘
    "
  `);
});

it("breaks its heads between words and after dots if it would be wider than the terminal", () => {
  const parts = {
    head: ["rank", "network[0].activation", "best epoch"],
    rows: [[1, "relu", 12]],
    foot: [["mean", undefined, 12]],
  };
  const wide = tableText(parts);
  const width = wide.indexOf("\n");
  expect(tableText({ ...parts, width })).toBe(wide);
  expect(tableText({ ...parts, width: width - 1 })).toMatchInlineSnapshot(`
    "┌──────┬─────────────┬───────┐
    │ rank │ network[0]. │  best │
    │      │ activation  │ epoch │
    ├──────┼─────────────┼───────┤
    │    1 │ relu        │    12 │
    ├──────┼─────────────┼───────┤
    │ mean │             │    12 │
    └──────┴─────────────┴───────┘
    "
  `);
});

it("can be without rows", () => {
  expect(tableText({ head: ["a", "b"], rows: [] })).toMatchInlineSnapshot(`
    "┌───┬───┐
    │ a │ b │
    └───┴───┘
    "
  `);
});

it("escapes control characters", () => {
  const text = tableText({ head: ["class"], rows: [["\u001b[2Jgone\nover"]] });
  expect(text).toContain("\\u001b[2Jgone\\u000aover");
});
