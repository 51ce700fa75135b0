/**
 * Draws a curve panel as a card: the chart, and a legend with the values at the epoch that the reader points at,
 * or else the last ones. Curves differ by colour, by dashes and by a symbol at their end.
 */
import { bisectCenter } from "d3-array";
import { canBeDrawn } from "../../charts/chart.ts";
import type { Panel, Point, Series } from "../../charts/chart.ts";
import { smoothed } from "../../charts/smooth.ts";
import { seriesColours } from "../../palette.ts";
import { element, svgElement } from "../shared/element.ts";
import { plotIn, plotSvg, symbolPath } from "../shared/plot-svg.ts";
import { formatNumber } from "./format.ts";
import type { CurvePanel } from "./panels.ts";

/** How the reader looks at all panels. */
export interface CurveLook {
  readonly isLog: boolean;
  /** The weight of the average that smooths the curves, from 0 to below 1. */
  readonly smoothing: number;
  /** The epoch that the reader points at. */
  readonly epoch: number | undefined;
}

export interface CurveCard {
  readonly root: HTMLElement;
  show(panel: CurvePanel, look: CurveLook): void;
}

/** The chart has the width of its card, so that its text has the same size on every screen. */
const sizeOf = (plot: Element) => ({ width: Math.max(240, plot.clientWidth || 440), height: 210 });
const colours = seriesColours.length;
/**
 * The maximum number of names in a legend; a longer legend is hard to read. With more curves, the colour of a
 * curve shows the depth of its layer in the network instead.
 */
const maxNames = 14;
const depths = 10;

/** How a curve looks: its CSS class, and the shape of the symbol at its end. */
interface CurveStyle {
  readonly class: string;
  readonly symbol?: number;
}

/** Curves of a network are in the order of its layers. Curves of several runs have one colour per run. */
function styleOf({ series, runs, faint }: CurvePanel, i: number): CurveStyle {
  if (series.length > maxNames) return { class: `depth${Math.floor((i * depths) / series.length)}` };
  const { run, curve } = runs?.[i] ?? { run: i, curve: i };
  if (series[i].name === faint) return { class: `colour${run % colours} faint` };
  return { class: `colour${run % colours} dash${curve % colours}`, symbol: runs === undefined ? curve : run };
}

/** `point` is called with the epoch at the pointer or of the arrow keys, and with undefined when it leaves. */
export function curveCard(point: (epoch: number | undefined) => void): CurveCard {
  const [title, aside] = [element("span"), element("span", { class: "quiet" })];
  const plot = element("div", { class: "plot", tabindex: 0 });
  const legend = element("ul", { class: "legend" });
  const root = element("section", { class: "card" }, element("h3", {}, title, aside), plot, legend);
  let shown: Panel | undefined;
  let now: number | undefined;
  const epochs = () => epochsOf(shown?.series ?? []);
  plot.addEventListener("pointermove", ({ clientX }) => {
    const picture = plot.querySelector("svg")?.getBoundingClientRect();
    if (shown === undefined || picture === undefined) return;
    const scale = plotIn(shown, sizeOf(plot)).x;
    const positions = epochs().map((epoch) => scale.at(epoch));
    point(epochs()[bisectCenter(positions, clientX - picture.left)]);
  });
  plot.addEventListener("pointerleave", () => point(undefined));
  plot.addEventListener("blur", () => point(undefined));
  plot.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = epochs();
    const from = now === undefined ? all.length - (step < 0 ? 0 : 1) : bisectCenter(all, now);
    point(all[Math.min(all.length - 1, Math.max(0, from + step))]);
  });
  return {
    root,
    show(panel, look) {
      now = look.epoch;
      const drawn = drawnPanel(panel, look);
      shown = drawn;
      const values = drawn.series.map(({ points }) => pointAt(points, now));
      title.textContent = panel.title;
      aside.textContent = panel.guide === undefined ? "" : `- - - ${panel.guide.label}`;
      plot.replaceChildren(plotSvg(drawn, { ...sizeOf(plot), ...plotStyle(panel, drawn, look, values) }));
      legend.replaceChildren(...legendItems(panel, values));
    },
  };
}

/** Applies the scale and the smoothing, and drops points that the axes cannot show. */
function drawnPanel(panel: CurvePanel, { isLog, smoothing }: CurveLook): Panel {
  const { y, guide, isAdjustable, series } = panel;
  const axis = isAdjustable && isLog ? { ...y, scale: "log" as const } : y;
  const weight = isAdjustable ? smoothing : 0;
  const scaled: Panel = { ...panel, marks: [], y: axis };
  const curves = series.map(({ points, ...others }) => ({
    ...others,
    points: smoothed(points, weight).filter((each) => canBeDrawn(scaled, each)),
  }));
  const levels = guide !== undefined && curves.some(({ points }) => points.length > 0) ? [guide.y] : [];
  return { ...scaled, series: curves, y: { ...axis, includes: levels } };
}

const plotStyle = (
  panel: CurvePanel,
  drawn: Panel,
  { epoch }: CurveLook,
  points: readonly (Point | undefined)[],
) => ({
  levels: drawn.y.includes ?? [],
  label: descriptionOf(drawn),
  curve: (i: number) => styleOf(panel, i),
  cursor: epoch === undefined ? undefined : { x: epoch, points },
});

/** All epochs for which a curve has a value, in order. */
const epochsOf = (series: readonly Series[]): number[] =>
  [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);

/** The point nearest to an epoch; without an epoch, the last point. */
function pointAt(points: readonly Point[], epoch: number | undefined): Point | undefined {
  if (epoch === undefined) return points.at(-1);
  return points[
    bisectCenter(
      points.map(([x]) => x),
      epoch,
    )
  ];
}

function legendItems(panel: CurvePanel, values: readonly (Point | undefined)[]): HTMLElement[] {
  const names = panel.series.map(({ name }) => name);
  if (names.length > maxNames) {
    const item = (text: string, depth: number) => element("li", { class: `depth${depth}` }, text);
    const ends = [item(names[0], 0), item(names[names.length - 1], depths - 1)];
    const between = Array.from({ length: depths - 2 }, (_, i) => item("", i + 1));
    return [ends[0], ...between, ends[1]];
  }
  return names.map((name, i) => {
    const value = values[i];
    const text = value === undefined ? "" : formatNumber(value[1]);
    const at = value === undefined ? "" : ` at epoch ${formatNumber(value[0])}`;
    return element(
      "li",
      { title: `${name}${at}` },
      sampleOf(styleOf(panel, i)),
      // A single curve with the same name as its panel needs no name.
      ...(name === panel.title ? [] : [`${name} `]),
      element("output", {}, text),
    );
  });
}

/** The line and the symbol of a curve in the legend. */
function sampleOf({ class: kind, symbol }: CurveStyle): SVGElement {
  const line = svgElement("path", { class: `curve ${kind}`, d: "M0,6H30" });
  const sign = symbol === undefined ? [] : [symbolPath(symbol)];
  return svgElement(
    "svg",
    { viewBox: "0 0 30 12", class: "swatch", "aria-hidden": true },
    line,
    ...sign.map((d) => svgElement("path", { class: `symbol ${kind}`, d, transform: "translate(15 6)" })),
  );
}

/** Describes the last point of each curve in words, for screen readers. */
function descriptionOf({ title, series }: Panel): string {
  const ends = series.slice(0, maxNames).flatMap(({ name, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [`${name} ${last[1].toPrecision(4)} at ${last[0].toPrecision(4)}`];
  });
  return `${title}: ${ends.join(", ")}`;
}
