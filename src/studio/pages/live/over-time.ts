/**
 * Draws the distribution of values over epochs: one column per sample, darker where there are more values.
 * The current distribution is next to it on the same axis. Values more than four standard deviations from the
 * mean are counted at the edge.
 */
import type { Distribution } from "../../../runtime/trainer/probe.ts";
import { element, svgElement } from "../shared/element.ts";
import { formatNumber } from "./format.ts";

export interface Moment {
  readonly epoch: number;
  readonly distribution: Distribution;
}

const bins = 32;
const most = 160;
const deviations = 4;

export function overTime(name: string, moments: readonly Moment[], [red, green, blue]: Colour): HTMLElement {
  const [low, high] = rangeOf(moments);
  const [first, last] = [moments[0].epoch, moments[moments.length - 1].epoch];
  const columns = Math.min(most, Math.max(1, moments.length));
  const canvas = element("canvas", {
    width: columns,
    height: bins,
    role: "img",
    "aria-label": `${name} over epochs`,
  });
  const context = canvas.getContext("2d");
  const image = context?.createImageData(columns, bins);
  let at = 0;
  for (let column = 0; column < columns && image; column++) {
    const epoch = first + ((last - first) * (column + 1)) / columns;
    while (at + 1 < moments.length && moments[at + 1].epoch <= epoch) at++;
    const fractions = resampled(moments[at].distribution, low, high);
    const top = Math.max(...fractions, 1e-9);
    fractions.forEach((fraction, bin) =>
      image.data.set(
        [red, green, blue, 255 * Math.sqrt(fraction / top)],
        4 * ((bins - 1 - bin) * columns + column),
      ),
    );
  }
  if (image) context?.putImageData(image, 0, 0);
  return element(
    "div",
    { class: "over-time" },
    element(
      "div",
      { class: "bounds" },
      element("span", {}, formatNumber(high)),
      element("span", {}, formatNumber(low)),
    ),
    canvas,
    bars(resampled(moments[moments.length - 1].distribution, low, high)),
    element(
      "div",
      { class: "epochs" },
      element("span", {}, `epoch ${formatNumber(first)}`),
      element("span", {}, formatNumber(last)),
    ),
  );
}

/** A colour as red, green and blue, each from 0 to 255. */
export type Colour = readonly [number, number, number];

/** The text colour of an element as numbers, independent of the notation in the style sheet. */
export function colourOf(place: Element): Colour {
  const context = element("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  if (context === null) return [0, 0, 0];
  context.fillStyle = getComputedStyle(place).color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

function rangeOf(moments: readonly Moment[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const {
    distribution: { min, max, mean, std },
  } of moments) {
    low = Math.min(low, Math.max(min, mean - deviations * std));
    high = Math.max(high, Math.min(max, mean + deviations * std));
  }
  if (high > low) return [low, high];
  const room = Math.abs(low) / 2 || 1;
  return [low - room, low + room];
}

/**
 * Divides the range between two bounds into bins, and returns the fraction of all values in each bin. Values
 * beyond the bounds are counted in the first or the last bin.
 */
export function resampled({ min, max, count, histogram }: Distribution, low: number, high: number): number[] {
  const fractions = Array.from({ length: bins }, () => 0);
  const placeOf = (value: number) => Math.min(bins, Math.max(0, ((value - low) / (high - low)) * bins));
  const width = (max - min) / histogram.length;
  histogram.forEach((amount, i) => {
    if (amount === 0) return;
    const [from, to] = [placeOf(min + i * width), placeOf(min + (i + 1) * width)];
    if (to - from < 1e-9) fractions[Math.min(bins - 1, Math.floor(from))] += amount / count;
    else
      for (let bin = Math.floor(from); bin < to; bin++)
        fractions[bin] += (amount / count) * ((Math.min(bin + 1, to) - Math.max(bin, from)) / (to - from));
  });
  return fractions;
}

function bars(fractions: readonly number[]): SVGElement {
  const top = Math.max(...fractions, 1e-9);
  const picture = svgElement("svg", {
    viewBox: `0 0 70 ${bins}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  fractions.forEach((fraction, bin) =>
    picture.append(
      svgElement("rect", {
        class: "bar",
        x: 0,
        y: bins - 1 - bin,
        width: (70 * fraction) / top,
        height: 0.9,
      }),
    ),
  );
  return picture;
}
