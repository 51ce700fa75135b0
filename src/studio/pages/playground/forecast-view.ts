/**
 * The view of a forecast: the true and the predicted values of a few held-out windows, one window after the other.
 */
import type { Panel, Point } from "../../charts/chart.ts";
import { element } from "../shared/element.ts";
import { plotSvg } from "../shared/plot-svg.ts";
import type { ModelView, Shown } from "./shown-model.ts";

/** The maximum number of windows. */
const maxWindows = 4;

/** A target with several columns is shown by its first column. */
export function forecastView({
  trainer,
  heldOut,
  heldOutName,
  inputs,
  target,
  targetSize,
  scales,
  answer,
}: Shown): ModelView {
  const { horizon = 1 } = trainer;
  const columns = targetSize / horizon;
  const [{ shift, span } = { shift: 0, span: 1 }] = scales;
  const count = heldOut[target].length / targetSize;
  const shown = Math.min(count, maxWindows);
  // The windows are evenly spaced, because neighbouring windows overlap.
  const windows = Array.from({ length: shown }, (_, i) => Math.floor((i * count) / shown));
  /** The points of all windows. The line is broken between windows. */
  const pointsOf = (valueAt: (window: number, place: number) => number): Point[] =>
    windows.flatMap((window, i) => [
      ...Array.from({ length: horizon }, (_, step): Point => [
        i * (horizon + 1) + step + 1,
        valueAt(window, step * columns),
      ]),
      [(i + 1) * (horizon + 1), NaN] as const,
    ]);
  const truth = pointsOf((window, place) => heldOut[target][window * targetSize + place] * span + shift);
  const plot = (forecast: readonly Point[]): SVGSVGElement => {
    const panel: Panel = {
      title: "",
      x: { label: "step", isInteger: true },
      y: { label: target },
      series: [
        { name: "true", points: truth, as: "dots" },
        { name: "forecast", points: forecast },
      ],
    };
    return plotSvg(panel, {
      width: 460,
      height: 280,
      label: `The forecast of ${target} and the true values`,
      curve: (i) => ({ class: i === 0 ? "point" : "of-model" }),
    });
  };
  const picture = element("div", { class: "picture forecast" }, plot([]));
  const caption = `line: forecast; dots: true values of ${shown} windows (${heldOutName}), ${horizon} steps each`;
  return {
    element: element("figure", {}, picture, element("figcaption", {}, caption)),
    probe: Object.fromEntries(inputs.map((input) => [input, pick(heldOut[input], windows, count)])),
    draw({ [target]: outputs }) {
      const index = new Map(windows.map((window, i) => [window, i]));
      const predicted = (window: number, place: number) =>
        Number(answer([outputs[(index.get(window) ?? 0) * targetSize + place]])[0]);
      picture.replaceChildren(plot(pointsOf(predicted)));
    },
  };
}

/** The rows of these windows. */
function pick(numbers: ArrayLike<number>, windows: readonly number[], count: number): number[] {
  const size = numbers.length / count;
  return windows.flatMap((window) => Array.from({ length: size }, (_, i) => numbers[window * size + i]));
}
