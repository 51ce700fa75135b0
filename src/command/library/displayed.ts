/**
 * Results of the library as notebooks and terminals show them. A Jupyter kernel for JavaScript, such as
 * Deno's, displays a value by its method `Symbol.for("Jupyter.display")`, which returns a MIME bundle: the
 * same content in several formats. The notebook shows the richest format that it supports.
 */
import { escapeXml } from "../../studio/charts/svg.ts";

export const jupyterDisplay: unique symbol = Symbol.for("Jupyter.display");

/** The same content in several formats, by MIME type. */
export interface MediaBundle {
  /** The text of {@link Displayed.toString}. */
  readonly "text/plain": string;
  /** Elements without scripts, links and styles for the page; a picture is an image inside. */
  readonly "text/html"?: string;
  /** Formulas, for notebooks that are converted with LaTeX. */
  readonly "text/latex"?: string;
  readonly "image/svg+xml"?: string;
}

/** A value that terminals show as text, and notebooks as a table, formulas or a picture. */
export interface Displayed {
  toString(): string;
  [jupyterDisplay](): Promise<MediaBundle>;
}

/** The formats of a value. Each is produced when it is displayed. */
export interface Formats {
  /** Describes a picture to readers who cannot see it. */
  readonly title: string;
  readonly text: () => string;
  readonly html?: (() => string) | undefined;
  readonly tex?: (() => string) | undefined;
  readonly svg?: (() => string | Promise<string>) | undefined;
}

/**
 * Implements {@link Displayed}. The methods are not own properties, so that copies, comparisons and JSON of a
 * value contain only its data.
 */
export class DisplayedValue implements Displayed {
  readonly #formats: Formats;

  constructor(formats: Formats) {
    this.#formats = formats;
  }

  toString(): string {
    return this.#formats.text();
  }

  async [jupyterDisplay](): Promise<MediaBundle> {
    const { title, text, html, tex, svg } = this.#formats;
    const picture = await svg?.();
    const parts = [...(html === undefined ? [] : [html()]), ...(picture ? [imageHtml(title, picture)] : [])];
    return {
      "text/plain": text(),
      ...(parts.length > 0 && { "text/html": parts.join("\n") }),
      ...(tex !== undefined && { "text/latex": tex() }),
      ...(picture !== undefined && { "image/svg+xml": picture }),
    };
  }
}

/**
 * Embeds a picture as an image. In contrast to an SVG element, the styles and names of an image do not affect
 * the notebook, and it cannot run scripts. A picture that is wider than its cell scrolls.
 */
function imageHtml(title: string, svg: string): string {
  const address = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  return `<div style="overflow:auto"><img alt="${escapeXml(title)}" style="max-width:none" src="${address}"/></div>`;
}

/** Text with its line breaks and columns, as HTML. */
export const textHtml = (text: string): string => `<pre>${escapeXml(text)}</pre>`;
