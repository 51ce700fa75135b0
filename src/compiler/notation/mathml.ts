/**
 * Formulas as MathML Core. They are printed directly, because the output of a library that converts TeX would
 * need inline styles or stylesheets, which the content security policy of the pages forbids. All text is
 * escaped.
 */
import { needsBrackets, partNeedsBrackets } from "./formula.ts";
import type { Formula, Level, Sign } from "./formula.ts";
import { needsDot, symbolOf } from "./symbol.ts";
import type { Symbol } from "./symbol.ts";

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
export const escapeMarkup = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign]);

const operator = (sign: string): string => `<mo>${escapeMarkup(sign)}</mo>`;
const thinSpace = '<mspace width="0.17em"></mspace>';

const signs: Readonly<Record<Sign, string>> = {
  add: operator("+"),
  subtract: operator("−"),
  scale: thinSpace,
  times: operator("⊙"),
  matrix: thinSpace,
  outer: operator("⊗"),
  less: operator("<"),
  lessEqual: operator("≤"),
  greater: operator(">"),
  greaterEqual: operator("≥"),
  equal: operator("="),
};

const row = (...parts: readonly string[]): string =>
  parts.length === 1 ? parts[0] : `<mrow>${parts.join("")}</mrow>`;
const fenced = (open: string, inner: string, close: string): string =>
  `<mrow>${operator(open)}${inner}${operator(close)}</mrow>`;
const listed = (parts: readonly string[]): string => parts.join(operator(","));

/** MathML sets identifiers of more than one letter upright. */
const identifier = (name: string): string => `<mi>${escapeMarkup(name.replaceAll("_", "\u00a0"))}</mi>`;

function numberMathml(text: string): string {
  const power = /^(.+)e([+-]?)(\d+)$/.exec(text);
  if (power === null) return `<mn>${escapeMarkup(text)}</mn>`;
  const [, digits, sign, exponent] = power;
  const ten = `<msup><mn>10</mn><mn>${sign === "-" ? "−" : ""}${exponent}</mn></msup>`;
  return digits === "1" ? ten : `<mrow><mn>${escapeMarkup(digits)}</mn>${operator("·")}${ten}</mrow>`;
}

function symbolMathml(symbol: Symbol): string {
  switch (symbol.kind) {
    case "letter":
      return identifier(symbol.letter);
    case "word":
      return identifier(symbol.word);
    case "subscript":
      return `<msub>${symbolMathml(symbol.base)}${belowOf(symbol.below)}</msub>`;
    case "derivative": {
      const partial = operator("∂");
      const below = `<mrow>${partial}${symbolMathml(symbol.of)}</mrow>`;
      const fraction = `<mfrac>${row(partial, identifier("L"))}${below}</mfrac>`;
      return symbol.part === undefined
        ? fraction
        : `<msub>${fenced("(", fraction, ")")}<mn>${symbol.part}</mn></msub>`;
    }
  }
}

const belowOf = (below: readonly string[]): string => `<mrow>${listed(below.map(belowMathml))}</mrow>`;

const belowMathml = (below: string): string => {
  const time = /^t ([−+]) 1$/.exec(below);
  return time === null ? identifier(below) : `<mrow><mi>t</mi>${operator(time[1])}<mn>1</mn></mrow>`;
};

const part = (formula: Formula, level: Level): string =>
  needsBrackets(formula, level, "stacked") ? fenced("(", inner(formula), ")") : inner(formula);

const sidePart = (sign: Sign, side: 0 | 1, formula: Formula): string =>
  partNeedsBrackets(sign, side, formula, "stacked") ? fenced("(", inner(formula), ")") : inner(formula);

/** Writes a superscript directly above an existing subscript instead of after it. */
function raised(base: Formula, above: string): string {
  const symbol = base.kind === "name" ? symbolOf(base) : undefined;
  return symbol?.kind === "subscript"
    ? `<msubsup>${symbolMathml(symbol.base)}${belowOf(symbol.below)}${above}</msubsup>`
    : `<msup>${part(base, "atom")}${above}</msup>`;
}

const joined = (parts: readonly Formula[]): string => listed(parts.map(inner));

/** An operator or name with its indices below it, or without indices if it covers all of them. */
const over = (sign: string, axes: readonly string[] = []): string =>
  axes.length === 0 ? sign : `<munder>${sign}<mrow>${listed(axes.map(identifier))}</mrow></munder>`;

const prose = (text: string): string => `<mtext>${escapeMarkup(text.replace(/^ | $/g, "\u00a0"))}</mtext>`;

function inner(formula: Formula): string {
  switch (formula.kind) {
    case "number":
      return numberMathml(formula.text);
    case "name":
      return symbolMathml(symbolOf(formula));
    case "infix": {
      const { x, y } = formula;
      const sign = needsDot(formula) ? operator("·") : signs[formula.sign];
      return `<mrow>${sidePart(formula.sign, 0, x)}${sign}${sidePart(formula.sign, 1, y)}</mrow>`;
    }
    case "negate":
      return `<mrow>${operator("−")}${part(formula.x, "product")}</mrow>`;
    case "magnitude":
      return fenced("|", inner(formula.x), "|");
    case "root":
      return `<msqrt>${inner(formula.x)}</msqrt>`;
    case "transpose":
      return raised(formula.x, '<mi mathvariant="normal">T</mi>');
    case "condition":
      return fenced("[", inner(formula.x), "]");
    case "quotient":
      return `<mfrac>${inner(formula.x)}${inner(formula.y)}</mfrac>`;
    case "power":
      return raised(formula.x, inner(formula.y));
    case "choice":
      return (
        `<mrow>${operator("{")}<mtable>` +
        choiceRow(formula.x, prose("if "), inner(formula.condition)) +
        `${choiceRow(formula.y, prose("otherwise"))}</mtable></mrow>`
      );
    case "sum":
      return `<mrow>${over(operator("∑"), formula.axes)}${part(formula.x, "product")}</mrow>`;
    case "call":
      return `<mrow>${over(identifier(formula.name), formula.axes)}${fenced("(", joined(formula.parts), ")")}</mrow>`;
    case "list":
      return fenced("[", joined(formula.parts), "]");
    case "rows":
      return `<mrow>${part(formula.x, "atom")}${fenced("[", inner(formula.indices), "]")}</mrow>`;
    case "scatter":
      return (
        `<mrow>${identifier("scatter")}` +
        `${fenced("(", inner(formula.x) + prose(" at ") + inner(formula.indices), ")")}</mrow>`
      );
    case "box":
      return (
        `<mrow>${part(formula.x, "atom")}` +
        `${fenced("[", listed(formula.ranges.map((range) => `<mn>${escapeMarkup(range)}</mn>`)), "]")}</mrow>`
      );
    case "row": {
      const parts = formula.parts.map((each) => (typeof each === "string" ? prose(each) : inner(each)));
      return `<mrow>${parts.join("")}</mrow>`;
    }
    case "equation":
      return `<mrow>${inner(formula.x)}${operator("=")}${inner(formula.y)}</mrow>`;
  }
}

const choiceRow = (value: Formula, ...condition: readonly string[]): string =>
  `<mtr><mtd>${inner(value)}</mtd><mtd>${row(...condition)}</mtd></mtr>`;

/** `displaystyle` gives fractions and sums the height of a displayed formula. */
export const markupOf = (content: string): string => `<math displaystyle="true">${content}</math>`;

export const mathmlOf = (formula: Formula): string => markupOf(inner(formula));
