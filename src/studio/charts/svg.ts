/**
 * SVG as text: elements and attributes, everything escaped, numbers with two digits at most, so that the same
 * picture is the same bytes.
 */
import { svgStyle } from "./svg-style.ts";

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element around markup: other elements, or {@link words}. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? "" : ` ${key}="${words(typeof value === "number" ? short(value) : value)}"`,
  );
  const open = `<${name}${written.join("")}`;
  if (children.length === 0) return `${open}/>`;
  const isText = children.length === 1 && !children[0].startsWith("<");
  return isText ? `${open}>${children[0]}</${name}>` : `${open}>\n${children.join("\n")}\n</${name}>`;
}

/** An element as a value, for what is written to a file and made in a page alike. */
export interface Shape {
  readonly tag: "defs" | "g" | "marker" | "path" | "rect" | "text" | "title";
  readonly attributes: Attributes;
  /** Shapes, and texts as they are to be read. */
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
    ...children.map((child) => (typeof child === "string" ? words(child) : shapeText(child))),
  );

/**
 * Text that is to be read, not obeyed. Characters that XML has no place for, escaped or not, become the
 * replacement character.
 */
export const words = (text: string): string =>
  text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (character) => entities[character]);

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A word or line of text at a place; `class` gives its look. */
export const textAt = (x: number, y: number, text: string, more: Attributes = {}): string =>
  element("text", { x, y, ...more }, words(text));

/** Hundredths of a pixel are more than an eye sees. No minus before a zero. */
export const short = (value: number): string => String(Math.round(value * 100) / 100 + 0);

export interface SvgSize {
  readonly width: number;
  readonly height: number;
}

/** A whole picture, readable on light and dark ground; the title is what a screen reader says. */
export function svgFile({ width, height }: SvgSize, title: string, ...children: readonly string[]): string {
  const root = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${short(width)} ${short(height)}`,
      role: "img",
      "font-family": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
      "font-size": 12,
    },
    element("title", {}, words(title)),
    `<style>\n${svgStyle}\n</style>`,
    element("rect", { class: "paper", width, height }),
    ...children,
  );
  return `${root}\n`;
}
