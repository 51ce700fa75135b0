/** Curves over the steps or epochs of a training, on a logarithmic scale. */
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { svgElement } from "../shared/element.ts";

/** One curve; of its points those are left out that a logarithm cannot show. */
export interface Curve {
  readonly points: readonly (readonly [at: number, value: number])[];
  /** A class that has a colour, or the colour itself. */
  readonly kind?: string;
  readonly colour?: string;
}

export interface CurveChart {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** Where the axis ends, whether curves go so far or not yet. */
  readonly last: number;
  readonly curves: readonly Curve[];
  /** A place that is marked by a line. */
  readonly mark?: number;
}

const width = 460;
const height = 190;
const margin = { left: 52, right: 12, top: 10, bottom: 26 };

/** Draws all of it into the element anew. */
export function drawCurves(host: Element, { label, last, curves, mark }: CurveChart): void {
  let [low, high] = [Infinity, 0];
  for (const { points } of curves)
    for (const [, value] of points)
      if (value > 0) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const domain = high === 0 ? [0.1, 1] : [low * 0.9, Math.max(high, low * 1.5) * 1.05];
  const x = scaleLinear([0, Math.max(1, last)], [margin.left, width - margin.right]);
  const y = scaleLog(domain, [height - margin.bottom, margin.top]);
  const pathOf = line<readonly [number, number]>()
    .defined(([, value]) => value > 0 && Number.isFinite(value))
    .x(([at]) => x(at))
    .y(([, value]) => y(value));
  const ticks = y.ticks(4);
  const every = ticks.length < 7 ? 1 : Math.ceil(ticks.length / 6);
  host.replaceChildren(
    svgElement(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "chart" },
      ...ticks
        .filter((_, i) => i % every === 0)
        .flatMap((tick) => [
          svgElement("line", {
            x1: margin.left,
            x2: width - margin.right,
            y1: y(tick),
            y2: y(tick),
            class: "grid",
          }),
          svgElement(
            "text",
            { x: margin.left - 6, y: y(tick) + 4, class: "tick end" },
            String(+tick.toPrecision(3)),
          ),
        ]),
      ...x
        .ticks(6)
        .map((tick) => svgElement("text", { x: x(tick), y: height - 8, class: "tick middle" }, String(tick))),
      ...(mark === undefined
        ? []
        : [
            svgElement("line", {
              x1: x(mark),
              x2: x(mark),
              y1: margin.top,
              y2: height - margin.bottom,
              class: "mark-line",
            }),
          ]),
      ...curves.map(({ points, kind, colour }) =>
        svgElement("path", {
          d: pathOf([...points]) ?? "",
          class: kind === undefined ? "curve" : `curve ${kind}`,
          stroke: colour,
        }),
      ),
    ),
  );
}
