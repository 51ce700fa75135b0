/**
 * Renders formulas as MathML. The input is parsed, and only MathML elements are created from it, so it cannot
 * inject markup.
 */
import "./math.css";
import { element } from "./element.ts";
import type { Notation } from "../../../compiler/notation/notation.ts";
import type { ExplainedNode } from "../../explanation.ts";

const namespace = "http://www.w3.org/1998/Math/MathML";
const kept = new Set([
  "accent",
  "columnalign",
  "display",
  "displaystyle",
  "fence",
  "form",
  "largeop",
  "lspace",
  "mathvariant",
  "maxsize",
  "minsize",
  "movablelimits",
  "rspace",
  "scriptlevel",
  "separator",
  "stretchy",
  "symmetric",
  "width",
]);

/** Renders the equation of a node: `symbol = formula`. */
export function equation({ symbol, formula }: Pick<ExplainedNode, "symbol" | "formula">): Element {
  if (symbol.text === formula.text) return math(symbol, true);
  const made = document.createElementNS(namespace, "math");
  const sign = document.createElementNS(namespace, "mo");
  sign.append("=");
  made.append(...[math(symbol), sign, math(formula)].flatMap((part) => partsOf(part)));
  made.setAttribute("display", "block");
  made.setAttribute("aria-label", `${symbol.text} = ${formula.text}`);
  return made;
}

const partsOf = (part: Element): (Node | string)[] =>
  part.localName === "math" ? [...part.childNodes] : [part];

/** Renders a formula inline or, with `display`, on a separate line. */
export function math({ mathml, text }: Notation, display = false): Element {
  const parsed = new DOMParser().parseFromString(mathml, "text/html").body.firstElementChild;
  if (parsed?.namespaceURI !== namespace) return element("code", { class: "formula" }, text);
  const made = rebuilt(parsed);
  made.setAttribute("display", display ? "block" : "inline");
  made.setAttribute("aria-label", text);
  return made;
}

function rebuilt(from: Element): Element {
  const made = document.createElementNS(namespace, from.localName);
  for (const { name, value } of from.attributes) if (kept.has(name)) made.setAttribute(name, value);
  for (const child of from.childNodes)
    if (child instanceof Element && child.namespaceURI === namespace) made.append(rebuilt(child));
    else made.append(child.textContent ?? "");
  return made;
}
