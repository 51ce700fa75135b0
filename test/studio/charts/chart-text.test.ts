// Charts in the terminal. If a test fails, a curve is at the wrong height or epoch, or a narrow window breaks
// the chart.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { panelText } from "../../../src/studio/charts/chart-text.ts";
import type { Panel, Point } from "../../../src/studio/charts/chart.ts";
import { columnsOf } from "../../../src/studio/charts/curves.ts";

const panel = (...series: readonly (readonly Point[])[]): Panel => ({
  title: "loss",
  x: { label: "epoch", isInteger: true },
  y: { label: "loss" },
  series: series.map((points, i) => ({ name: ["training", "validation"][i], points })),
  marks: [{ x: 4, label: "best epoch 4" }],
});

describe("a panel in the terminal", () => {
  it("has its lines, axes, mark and legend; the second line is heavier than the first", () => {
    const training = [4, 3, 2, 1.5, 1, 0.5].map((y, x) => [x + 1, y] as const);
    const validation = [4.5, 3.5, 3, 2.5, 2.6, 2.8].map((y, x) => [x + 1, y] as const);
    expect(panelText(panel(training, validation), { width: 50, height: 9 })).toMatchInlineSnapshot(`
      "loss
        │━━┓
      4 ┤─┗━━━┓
        │ ╰───┗━━━━━━┓
      3 ┤     ╰────╮ ┗━━━━━━━━━┓                   ┏━━━
        │          ╰───╮       ┗━━━━━━━━━━━━━━━━━━━┛
      2 ┤              ╰───────╮
        │                      ╰────────╮
      1 ┤                               ╰────────╮
        │                                        ╰─────
        └─────────┬──────────────────▲─────────────────┬
                  2                  4                 6
         epoch   ─ training   ━ validation   ▲ best epoch 4
      "
    `);
  });

  it("has dots for series without lines", () => {
    const points = [0, 1, 2, 3].map((x) => [x, x] as const);
    const dots: Panel = { ...panel(), series: [{ name: "rows", points, as: "dots" }], marks: [] };
    expect(panelText(dots, { width: 20, height: 4 })).toMatchInlineSnapshot(`
      "loss
        │                •
      2 ┤           •
        │     •
      0 ┤•
        └┬──────────┬─────
         0          2
         epoch   • rows
      "
    `);
  });

  it("keeps its width for any values", () => {
    const figure = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, 0, 1e300, 5e-324));
    const points = fc.array(fc.tuple(fc.double({ noNaN: true }), figure));
    const scale = fc.constantFrom("linear" as const, "log" as const);
    fc.assert(
      fc.property(points, scale, fc.integer({ min: 40, max: 120 }), (some, kind, width) => {
        const sorted = some.toSorted(([a], [b]) => a - b);
        const series = [{ name: "a", points: sorted }];
        const drawn = { title: "t", x: { label: "x" }, y: { label: "y", scale: kind }, series };
        const lines = panelText(drawn, { width, height: 6 }).split("\n");
        expect(lines).toHaveLength(6 + 5);
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
        expect(lines.join("")).not.toMatch(/NaN|undefined|Infinity/);
      }),
      { numRuns: 50 },
    );
  });

  it("escapes control characters in names", () => {
    const text = panelText(
      {
        ...panel([
          [1, 1],
          [2, 2],
        ]),
        title: "\u001b[2J",
      },
      { width: 40, height: 4 },
    );
    expect(text).toContain("\\u001b[2J");
  });
});

describe("a line in columns", () => {
  it("has the mean of the points in a column, and interpolates columns without points", () => {
    expect(
      columnsOf([
        [2, 0],
        [2.4, 2],
        [5, 7],
      ]),
    ).toEqual({ start: 2, heights: [1, 3, 5, 7] });
  });
  it("is empty without points", () => expect(columnsOf([])).toEqual({ start: 0, heights: [] }));
});
