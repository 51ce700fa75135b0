/**
 * Creates elements in one call: `element("button", { type: "button" }, "Go")`. Strings become text, never
 * markup.
 */
import type { Shape } from "../../charts/svg.ts";

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

export function svgElement<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

/** Creates an SVG element from a shape, including its children. */
export const shapeElement = ({ tag, attributes, children }: Shape): SVGElement =>
  svgElement(
    tag,
    attributes,
    ...children.map((child) => (typeof child === "string" ? child : shapeElement(child))),
  );

/**
 * Sets attributes. The value `true` sets an attribute without a value; `false` and undefined remove the
 * attribute.
 */
export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes))
    if (value === undefined || value === false) target.removeAttribute(name);
    else target.setAttribute(name, value === true ? "" : String(value));
}
