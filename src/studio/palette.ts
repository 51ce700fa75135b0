/**
 * The colours of charts, pictures and pages. Charts and pictures contain them in SVG and Graphviz files.
 * Pages use them as custom properties of CSS.
 */
import type { RegionName } from "./explanation.ts";

/** A colour on a light background, and on a dark one. */
export type ColourPair = readonly [light: string, dark: string];

const blue: ColourPair = ["#1d5fbf", "#7db2ff"];
const green: ColourPair = ["#1a7a45", "#63d194"];

/** The colours of the regions of a graph. */
export const regionColours: Readonly<Record<RegionName, ColourPair>> = {
  forward: blue,
  backward: ["#b4470f", "#ff9d66"],
  update: green,
  evaluation: ["#7a3fa8", "#cf9bff"],
};

/** The colours of links and marks, of success, of warnings and of failure. */
export const signalColours = {
  accent: blue,
  good: green,
  warn: ["#8a5a00", "#f0c840"],
  bad: ["#b3261e", "#ff8a80"],
} as const satisfies Readonly<Record<string, ColourPair>>;

/** The colours of curves. They follow Okabe and Ito, so that colour-blind readers can distinguish them. */
export const seriesColours: readonly ColourPair[] = [
  ["#0072b2", "#56b4e9"],
  ["#d55e00", "#ff8c42"],
  ["#009e73", "#2fc79a"],
  ["#b0559c", "#dd8fcb"],
  ["#a87600", "#f0c840"],
  ["#555555", "#bbbbbb"],
];

/**
 * The colours of classes in prediction maps and of optimizer paths, after Okabe and Ito. They are given as
 * red, green and blue from 0 to 255, because the maps blend them.
 */
export const classColours: readonly (readonly [red: number, green: number, blue: number])[] = [
  [0, 114, 178],
  [230, 126, 20],
  [0, 158, 115],
  [204, 102, 160],
  [86, 180, 233],
  [200, 170, 0],
  [150, 90, 60],
  [130, 130, 130],
  [110, 80, 190],
  [190, 40, 50],
];

const property = (name: string, [light, dark]: ColourPair): string =>
  `--${name}:light-dark(${light},${dark})`;

/** The custom properties for the root of a page, such as `--forward`, `--accent` and `--series0`. */
export const paletteCss = `:root{${[
  ...Object.entries({ ...regionColours, ...signalColours }).map(([name, pair]) => property(name, pair)),
  ...seriesColours.map((pair, i) => property(`series${i}`, pair)),
].join(";")}}`;
