/** Formulas as text on one line: for comments in emitted code, and for terminals. */
import type { Node } from "../ir/nodes.ts";
import { named, needsBrackets, partNeedsBrackets } from "./formula.ts";
import type { Formula, Level, Name, Sign } from "./formula.ts";
import { nodeFormula } from "./node-formula.ts";

const signs: Readonly<Record<Sign, string>> = {
  add: "+",
  subtract: "−",
  scale: "·",
  times: "⊙",
  matrix: "·",
  outer: "⊗",
  less: "<",
  lessEqual: "≤",
  greater: ">",
  greaterEqual: "≥",
  equal: "=",
};

const axesText = (axes: readonly string[] = []): string => (axes.length === 0 ? "" : `_${axes.join(",")}`);

/** Small exponents as superscript characters. */
const raised: Readonly<Record<string, string>> = { "2": "²", "3": "³" };

/** The name as in emitted code, with its time index. */
export const codeName = ({ name, time }: Name): string => (time === undefined ? name : `${name}[${time}]`);

/** A printer of formulas that writes each name with `nameText`. */
export function textPrinter(nameText: (name: Name) => string): (formula: Formula) => string {
  const part = (formula: Formula, level: Level): string => {
    const text = textOf(formula);
    // A name with a slash, such as ∂L/∂x, is a quotient, so it needs brackets next to operators that bind
    // more tightly.
    const isTight = level === "power" || level === "atom";
    const isQuotient = formula.kind === "name" && isTight && text.includes("/");
    return isQuotient || needsBrackets(formula, level, "line") ? `(${text})` : text;
  };
  const sidePart = (sign: Sign, side: 0 | 1, formula: Formula): string =>
    partNeedsBrackets(sign, side, formula, "line") ? `(${textOf(formula)})` : textOf(formula);
  const joined = (parts: readonly Formula[]): string => parts.map(textOf).join(", ");

  function textOf(formula: Formula): string {
    switch (formula.kind) {
      case "number":
        return formula.text;
      case "name":
        return nameText(formula);
      case "infix": {
        const { sign, x, y } = formula;
        return `${sidePart(sign, 0, x)} ${signs[sign]} ${sidePart(sign, 1, y)}`;
      }
      case "negate":
        return `−${part(formula.x, "product")}`;
      case "magnitude":
        return `|${textOf(formula.x)}|`;
      case "root":
        return `√(${textOf(formula.x)})`;
      case "transpose":
        return `${part(formula.x, "atom")}ᵀ`;
      case "condition":
        return `[${textOf(formula.x)}]`;
      case "quotient":
        return `${part(formula.x, "product")} / ${part(formula.y, "power")}`;
      case "power": {
        const above = formula.y.kind === "number" ? raised[formula.y.text] : undefined;
        return `${part(formula.x, "atom")}${above ?? `^${part(formula.y, "atom")}`}`;
      }
      case "choice":
        return `${part(formula.x, "compare")} if ${textOf(formula.condition)} else ${part(formula.y, "compare")}`;
      case "sum":
        return `Σ${axesText(formula.axes)} ${part(formula.x, "product")}`;
      case "call":
        return `${formula.name}${axesText(formula.axes)}(${joined(formula.parts)})`;
      case "list":
        return `[${joined(formula.parts)}]`;
      case "rows":
        return `${part(formula.x, "atom")}[${textOf(formula.indices)}]`;
      case "scatter":
        return `scatter(${textOf(formula.x)} at ${textOf(formula.indices)})`;
      case "box":
        return `${part(formula.x, "atom")}[${formula.ranges.join(", ")}]`;
      case "row":
        return formula.parts.map((each) => (typeof each === "string" ? each : textOf(each))).join("");
      case "equation":
        return `${textOf(formula.x)} = ${textOf(formula.y)}`;
    }
  }
  return textOf;
}

export const textOf = textPrinter(codeName);

// The formula of a node as text: for comments in emitted code and for messages.

/** The formula of a node, expanded down to nodes with a name in `nameOf`. The root is always expanded. */
export const formulaOf = (root: Node, nameOf: (node: Node) => string | undefined): string =>
  textOf(
    nodeFormula(root, (node) => {
      const name = nameOf(node);
      return name === undefined ? undefined : named(name);
    }),
  );
