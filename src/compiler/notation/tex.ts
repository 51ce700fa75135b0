/** Formulas as TeX, for math mode with amsmath. Names are escaped, so text from a spec never becomes a command. */
import { needsBrackets, partNeedsBrackets } from "./formula.ts";
import type { Formula, Level, Sign } from "./formula.ts";
import { needsDot, symbolOf } from "./symbol.ts";
import type { Symbol } from "./symbol.ts";

const signs: Readonly<Record<Sign, string>> = {
  add: "+",
  subtract: "-",
  scale: "\\,",
  times: "\\odot",
  matrix: "\\,",
  outer: "\\otimes",
  less: "<",
  lessEqual: "\\le",
  greater: ">",
  greaterEqual: "\\ge",
  equal: "=",
};

const commands: ReadonlyMap<string, string> = new Map([
  ["exp", "\\exp"],
  ["ln", "\\ln"],
  ["tanh", "\\tanh"],
  ["cos", "\\cos"],
  ["sin", "\\sin"],
  ["max", "\\max"],
  ["min", "\\min"],
  ["σ", "\\sigma"],
  ["γ", "\\gamma"],
  ["β", "\\beta"],
  ["−", "-"],
  ["·", "\\cdot"],
  ["Σ", "\\sum"],
  ["√", "\\sqrt"],
  ["±", "\\pm"],
  ["∘", "\\circ"],
  ["≤", "\\le"],
  ["≥", "\\ge"],
  ["…", "\\ldots"],
  ["∞", "\\infty"],
  ["∂", "\\partial"],
]);

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  _: "\\_",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
};

/** Escapes words for text mode. */
export const escapeTex = (text: string): string => text.replace(/[\\{}$&#%_^~]/g, (sign) => escapes[sign]);

/** A single character in math mode. */
export const signTex = (sign: string): string =>
  commands.get(sign) ?? (/[?:]/.test(sign) ? `\\mathbin{${sign}}` : escapeTex(sign));

/** A word in math mode; a hyphen must not become a minus sign. */
function wordTex(word: string): string {
  const text = word.replaceAll("_", " ");
  return /^[A-Za-z0-9]+$/.test(text) ? `\\mathrm{${text}}` : `\\text{${escapeTex(text)}}`;
}

const numberTex = (text: string): string => {
  const power = /^(.+)e([+-]?)(\d+)$/.exec(text);
  if (power === null) return text.replace(/[−∞…]/g, (sign) => `${commands.get(sign)} `).trim();
  const [, digits, sign, exponent] = power;
  const ten = `10^{${sign === "-" ? "-" : ""}${exponent}}`;
  return digits === "1" ? ten : `${digits} \\cdot ${ten}`;
};

function symbolTex(symbol: Symbol): string {
  switch (symbol.kind) {
    case "letter":
      return commands.get(symbol.letter) ?? symbol.letter;
    case "word":
      return wordTex(symbol.word);
    case "subscript":
      return `${symbolTex(symbol.base)}_{${symbol.below.map(belowTex).join(",\\,")}}`;
    case "derivative": {
      const fraction = `\\frac{\\partial L}{\\partial ${symbolTex(symbol.of)}}`;
      return symbol.part === undefined ? fraction : `\\left(${fraction}\\right)_{${symbol.part}}`;
    }
  }
}

const belowTex = (below: string): string => {
  if (/^(t|t [−+] 1)$/.test(below)) return below.replace("−", "-");
  if (/^\(\d+\)$/.test(below)) return below;
  return below.startsWith("∂") ? `\\partial\\,${wordTex(below.slice(1))}` : wordTex(below);
};

const axesTex = (axes: readonly string[] = []): string => (axes.length === 0 ? "" : `_{${axes.join(",")}}`);

const part = (formula: Formula, level: Level): string =>
  needsBrackets(formula, level, "stacked") ? `\\left(${texOf(formula)}\\right)` : texOf(formula);

const sidePart = (sign: Sign, side: 0 | 1, formula: Formula): string =>
  partNeedsBrackets(sign, side, formula, "stacked") ? `\\left(${texOf(formula)}\\right)` : texOf(formula);

const joined = (parts: readonly Formula[]): string => parts.map(texOf).join(",\\, ");

/** The words between the formulas of a row. */
const proseTex = (text: string): string => (text.trim() === "" ? "\\ " : `\\text{${escapeTex(text)}}`);

export function texOf(formula: Formula): string {
  switch (formula.kind) {
    case "number":
      return numberTex(formula.text);
    case "name":
      return symbolTex(symbolOf(formula));
    case "infix": {
      const { x, y } = formula;
      const sign = needsDot(formula) ? "\\cdot" : signs[formula.sign];
      return `${sidePart(formula.sign, 0, x)} ${sign} ${sidePart(formula.sign, 1, y)}`;
    }
    case "negate":
      return `-${part(formula.x, "product")}`;
    case "magnitude":
      return `\\left|${texOf(formula.x)}\\right|`;
    case "root":
      return `\\sqrt{${texOf(formula.x)}}`;
    case "transpose":
      return `${part(formula.x, "atom")}^{\\mathsf{T}}`;
    case "condition":
      return `\\left[${texOf(formula.x)}\\right]`;
    case "quotient":
      return `\\frac{${texOf(formula.x)}}{${texOf(formula.y)}}`;
    case "power":
      return `${part(formula.x, "atom")}^{${texOf(formula.y)}}`;
    case "choice":
      return (
        `\\begin{cases} ${texOf(formula.x)} & \\text{if } ${texOf(formula.condition)} ` +
        `\\\\ ${texOf(formula.y)} & \\text{otherwise} \\end{cases}`
      );
    case "sum":
      return `\\sum${axesTex(formula.axes)} ${part(formula.x, "product")}`;
    case "call":
      return `${functionTex(formula.name)}${axesTex(formula.axes)}\\left(${joined(formula.parts)}\\right)`;
    case "list":
      return `\\left[${joined(formula.parts)}\\right]`;
    case "rows":
      return `${part(formula.x, "atom")}\\left[${texOf(formula.indices)}\\right]`;
    case "scatter":
      return `${functionTex("scatter")}\\left(${texOf(formula.x)} \\text{ at } ${texOf(formula.indices)}\\right)`;
    case "box":
      return `${part(formula.x, "atom")}\\left[${formula.ranges.join(",\\,")}\\right]`;
    case "row":
      return formula.parts.map((each) => (typeof each === "string" ? proseTex(each) : texOf(each))).join("");
    case "equation":
      return `${texOf(formula.x)} = ${texOf(formula.y)}`;
  }
}

const functionTex = (name: string): string => commands.get(name) ?? `\\operatorname{${escapeTex(name)}}`;
