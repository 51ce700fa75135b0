// Charts as SVG. If a test fails, a browser shows an error instead of a picture, a name becomes markup, or
// points are at wrong positions.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chartSvg } from "../../../src/studio/charts/chart-svg.ts";
import { axisScale, scaleFor } from "../../../src/studio/charts/chart.ts";
import type { Chart, Panel, Point } from "../../../src/studio/charts/chart.ts";
import { curvesChart } from "../../../src/studio/charts/curves.ts";
import type { EpochReport } from "../../../src/runtime/trainer/trainer.ts";
import { faultOfXml } from "../../support/well-formed.ts";

const panel = (points: readonly Point[], more: Partial<Panel> = {}): Panel => ({
  title: "loss",
  x: { label: "step" },
  y: { label: "loss" },
  series: [{ name: "training", points }],
  ...more,
});
const chart = (...panels: readonly Panel[]): Chart => ({ title: "digits", panels });
const pathOf = (svg: string): string => /<path class="line line0" d="([^"]*)"/.exec(svg)?.[1] ?? "";

const heights = (path: string): number[] => [...path.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));

describe("a chart as SVG", () => {
  it("is well-formed for any name and any values", () => {
    const text = fc.string({ unit: "binary" });
    const figure = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1e300, 5e-324));
    const scale = fc.constantFrom("linear", "log") satisfies fc.Arbitrary<"linear" | "log">;
    const series = fc.record({
      name: text,
      points: fc.array(fc.tuple(figure, figure)),
      as: fc.constantFrom("line" as const, "dots" as const),
    });
    const axis = fc.record({ label: text, scale, isWhole: fc.boolean() });
    const parts = { title: text, x: axis, y: axis, series: fc.array(series, { maxLength: 9 }) };
    const anyPanel = fc.oneof(
      fc.record(parts),
      fc.record(parts).map((each) => ({ ...each, y: each.x, diagonal: true })),
    );
    fc.assert(
      fc.property(text, fc.array(anyPanel, { maxLength: 3 }), (title, panels) => {
        const svg = chartSvg({ title, panels });
        expect(faultOfXml(svg)).toBeUndefined();
        expect(svg).not.toMatch(/"[^"]*\b(NaN|Infinity|undefined)\b[^"]*"\/>/);
      }),
      { numRuns: 30 },
    );
  });

  it("escapes names", () => {
    const svg = chartSvg({ ...chart(panel([[0, 1]])), title: `<script>alert("&")</script>\u0001` });
    expect(svg).toContain("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;\ufffd</title>");
    expect(svg).not.toContain("<script");
  });

  it("gives equal bytes for equal values", () => {
    const points = [0.1, 0.7, 0.2].map((y, x) => [x, y] as const);
    expect(chartSvg(chart(panel(points)))).toBe(chartSvg(chart(panel([...points]))));
  });

  it("loads nothing: no font, no style sheet, no picture", () => {
    const svg = chartSvg(chart(panel([[0, 1]])));
    expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(
      /https?:|@import|@font-face|href|url\(/,
    );
  });

  it("draws larger values higher, and breaks the line at values that are not finite", () => {
    const path = pathOf(
      chartSvg(
        chart(
          panel([
            [0, 0],
            [1, 4],
            [2, NaN],
            [3, 1],
            [4, 2],
          ]),
        ),
      ),
    );
    expect(path.match(/M/g)).toHaveLength(2);
    const [y0, y1] = heights(path);
    expect(y1).toBeLessThan(y0);
  });

  it.each([
    [0.843, 2.24],
    [1.02, 1.08],
    [0.0121, 0.0129],
    [0.001, 40],
  ])(
    "labels the ticks of a log axis from %d to %d with different numbers, those of the ticks",
    (low, high) => {
      const axis = { label: "loss", scale: "log" } as const;
      const { ticks } = axisScale(axis, { values: [low, high], range: [0, 1], count: 5, isRound: false });
      expect(ticks.length).toBeGreaterThan(1);
      for (const { value, label } of ticks) expect(Number(label)).toBeCloseTo(value, 9);
      expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
    },
  );

  it("puts equal ratios at equal distances on a log axis, and leaves out values that are not above 0", () => {
    const points: Point[] = [
      [0, 0.01],
      [1, 0.1],
      [2, 0],
      [3, 1],
    ];
    const path = pathOf(chartSvg(chart(panel(points, { y: { label: "loss", scale: "log" } }))));
    const ys = heights(path);
    expect(ys).toHaveLength(3);
    expect(ys[0] - ys[1]).toBeCloseTo(ys[1] - ys[2], 1);
  });

  it("shows one point as a dot, and an empty chart as axes", () => {
    expect(chartSvg(chart(panel([[3, 1]])))).toContain("<circle");
    expect(faultOfXml(chartSvg(chart(panel([]))))).toBeUndefined();
  });

  it("has no tick between two epochs", () => {
    const points: Point[] = [
      [1, 1],
      [2, 2],
      [3, 1],
    ];
    const svg = chartSvg(chart(panel(points, { x: { label: "epoch", isInteger: true } })));
    expect(svg).not.toMatch(/>1\.5</);
    expect(svg).toMatch(/>2</);
  });
});

describe("the scale of losses", () => {
  it.each([
    [[1, 0.02], "linear"],
    [[1, 0.01], "log"],
    [[1, NaN, 0.001, Infinity], "log"],
    [[1, 0], "linear"],
    [[1, -1e-9, 1e9], "linear"],
    [[], "linear"],
  ] as const)("of %j is %s", (values, scale) => expect(scaleFor(values)).toBe(scale));
});

describe("the curves of a training run", () => {
  const report = (epoch: number, best: boolean): EpochReport => ({
    epoch,
    loss: 1 / epoch,
    metrics: { accuracy: 0.5, "top<2>": 0.7 },
    validation: { loss: 2 / epoch, accuracy: 0.4, "top<2>": 0.6 },
    learningRate: 0.1,
    best,
  });

  it("have a panel for the loss and one for each metric, each with the last best epoch", () => {
    const { panels } = curvesChart("digits", [report(1, true), report(2, true), report(3, false)]);
    expect(panels.map(({ title }) => title)).toEqual(["loss", "accuracy", "top<2>"]);
    for (const { marks } of panels) expect(marks).toEqual([{ x: 2, label: "best epoch 2" }]);
    expect(panels[0].series).toEqual([
      {
        name: "training",
        points: [
          [1, 1],
          [2, 1 / 2],
          [3, 1 / 3],
        ],
      },
      {
        name: "validation",
        points: [
          [1, 2],
          [2, 1],
          [3, 2 / 3],
        ],
      },
    ]);
  });

  it("have no line for a split that does not exist", () => {
    const { validation: _, ...alone } = report(1, true);
    expect(curvesChart("digits", [alone]).panels[0].series.map(({ name }) => name)).toEqual(["training"]);
    expect(curvesChart("digits", []).panels[0].series).toEqual([]);
  });
});
