/**
 * Builds SVG text from elements and attributes. Text is escaped, and numbers have at most two decimals, so
 * equal pictures produce identical bytes.
 */
import type { Series } from "./chart.ts";
import { seriesColours } from "../palette.ts";

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Returns an element as text. The children are markup: other elements, or text escaped by {@link escapeXml}. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) =>
    value === undefined
      ? ""
      : ` ${key}="${escapeXml(typeof value === "number" ? roundedText(value) : value)}"`,
  );
  const open = `<${name}${written.join("")}`;
  if (children.length === 0) return `${open}/>`;
  const isText = children.length === 1 && !children[0].startsWith("<");
  return isText ? `${open}>${children[0]}</${name}>` : `${open}>\n${children.join("\n")}\n</${name}>`;
}

/** An SVG element as data: files write it as text, and pages create a DOM element from it. */
export interface Shape {
  readonly tag: "defs" | "g" | "marker" | "path" | "rect" | "text" | "title";
  readonly attributes: Attributes;
  /** Child elements, and text that is not escaped yet. */
  readonly children: readonly (Shape | string)[];
}

export const shape = (
  tag: Shape["tag"],
  attributes: Attributes,
  ...children: readonly (Shape | string)[]
): Shape => ({ tag, attributes, children });

export const shapeText = ({ tag, attributes, children }: Shape): string =>
  element(
    tag,
    attributes,
    ...children.map((child) => (typeof child === "string" ? escapeXml(child) : shapeText(child))),
  );

/** Escapes text. Characters that XML never allows become the replacement character U+FFFD. */
export const escapeXml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (character) => entities[character]);

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A line of text at a position; the attribute `class` selects its style. */
export const textAt = (x: number, y: number, text: string, more: Attributes = {}): string =>
  element("text", { x, y, ...more }, escapeXml(text));

/** Rounds to two decimals, which are enough for any display. Adding 0 converts −0 to 0. */
export const roundedText = (value: number): string => String(Math.round(value * 100) / 100 + 0);

interface SvgSize {
  readonly width: number;
  readonly height: number;
}

/** A complete SVG file, readable on light and dark backgrounds. Screen readers read the title. */
export function svgFile({ width, height }: SvgSize, title: string, ...children: readonly string[]): string {
  const root = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${roundedText(width)} ${roundedText(height)}`,
      role: "img",
      "font-family": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
      "font-size": 12,
    },
    element("title", {}, escapeXml(title)),
    `<style>\n${svgStyle}\n</style>`,
    element("rect", { class: "paper", width, height }),
    ...children,
  );
  return `${root}\n`;
}

// The legend of a panel: a stroke or dot and a name for each series, in as many rows as needed.

const rowHeight = 18;
const swatch = 26;

/** The approximate width of a legend entry. The exact width of text is not known here. */
const widthOf = ({ name }: Series): number => swatch + 7 * [...name].length + 16;

/** The position of each legend entry. */
function positionsOf(
  series: readonly Series[],
  width: number,
): { readonly x: number; readonly row: number }[] {
  let [x, row] = [0, 0];
  return series.map((each) => {
    if (x > 0 && x + widthOf(each) > width) [x, row] = [0, row + 1];
    const position = { x, row };
    x += widthOf(each);
    return position;
  });
}

export const legendHeight = (series: readonly Series[], width: number): number =>
  series.length < 2 ? 0 : ((positionsOf(series, width).at(-1)?.row ?? 0) + 1) * rowHeight + 6;

export function legend(series: readonly Series[], left: number, top: number, width: number): string[] {
  if (series.length < 2) return [];
  return positionsOf(series, width).flatMap(({ x, row }, i) => {
    const [startX, y] = [left + x, top + row * rowHeight];
    const colour = i % seriesColours.length;
    const dashed = i < seriesColours.length ? "" : " dashed";
    return [
      series[i].as === "dots"
        ? element("circle", { class: `dot dot${colour}`, cx: startX + 10, cy: y, r: 4 })
        : element("line", {
            class: `line line${colour}${dashed}`,
            x1: startX,
            x2: startX + 20,
            y1: y,
            y2: y,
          }),
      textAt(startX + swatch, y + 4, series[i].name),
    ];
  });
}

// A picture that consists of blocks, such as panels or matrices, from top to bottom under one title.

/** A part of a picture: its height, and a function that draws it from `top` downwards. */
export interface Block {
  readonly height: number;
  readonly svg: (top: number) => string;
}

export const pageWidth = 720;

interface Page {
  readonly title: string;
  /** Additional information below the title, in smaller letters. */
  readonly subtitle?: string | undefined;
  readonly blocks: readonly Block[];
}

export function pageSvg({ title, subtitle, blocks }: Page): string {
  let y = subtitle === undefined ? 40 : 58;
  const drawn = blocks.map(({ height, svg }) => {
    const top = y;
    y += height;
    return svg(top);
  });
  return svgFile(
    { width: pageWidth, height: y },
    title,
    textAt(24, 28, title, { class: "title" }),
    ...(subtitle === undefined ? [] : [textAt(24, 48, subtitle, { class: "quiet" })]),
    ...drawn,
  );
}

// The style of all pictures, on light and dark backgrounds.

const seriesStyle = (ground: 0 | 1): string =>
  seriesColours
    .map((pair, i) => `.line${i} { stroke: ${pair[ground]} } .dot${i} { fill: ${pair[ground]} }`)
    .join("\n");

const svgStyle = `
text { fill: #333 }
.title { font-size: 16px; font-weight: 600 }
.panel { font-size: 13px; font-weight: 600 }
.quiet { fill: #666 }
.paper { fill: #fff }
.grid { stroke: #e4e4e4 }
.axis { stroke: #999; fill: none }
.mark { stroke: #777; stroke-dasharray: 4 3 }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round }
.dashed { stroke-dasharray: 6 4 }
.dot { fill-opacity: 0.55 }
.box { stroke: #fff; stroke-width: 0.8 }
.band { fill: #777 }
.cell { fill: ${seriesColours[0][0]} }
.over { fill: #fff }
${seriesStyle(0)}
@media (prefers-color-scheme: dark) {
text { fill: #ddd }
.quiet { fill: #aaa }
.paper { fill: #16181c }
.box { stroke: #16181c }
.grid { stroke: #33363c }
.axis { stroke: #777 }
.mark { stroke: #999 }
${seriesStyle(1)}
.over { fill: #fff }
}`.trim();
