// Tables of results. If one fails, figures stand under the wrong head, or a label of the data can rewrite the terminal.
import { expect, it } from "vitest";
import { tableText } from "../../../src/studio/charts/table.ts";

it("has title, head, rows and what sums them up, numbers to the right", () => {
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

it("has no line for a foot that is not there, and none for a title", () => {
  expect(tableText({ head: ["a"], rows: [["x"]] })).toMatchInlineSnapshot(`
    "┌───┐
    │ a │
    ├───┤
    │ x │
    └───┘
    "
  `);
});

it("is a table without rows, too", () => {
  expect(tableText({ head: ["a", "b"], rows: [] })).toMatchInlineSnapshot(`
    "┌───┬───┐
    │ a │ b │
    └───┴───┘
    "
  `);
});

it("takes control characters for text", () => {
  const text = tableText({ head: ["class"], rows: [["\u001b[2Jgone\nover"]] });
  expect(text).toContain("\\u001b[2Jgone\\u000aover");
});
