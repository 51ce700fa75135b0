/** Formulas as text on one line: for comments in emitted code, and for terminals. */
import { levelsOfParts, needsBrackets } from "./formula.ts";
import type { Formula, Level, Sign } from "./formula.ts";

const signs: Readonly<Record<Sign, string>> = {
  add: "+",
  subtract: "−",
  scale: "·",
  times: "·",
  matrix: "·",
  outer: "⊗",
  less: "<",
  lessEqual: "≤",
  greater: ">",
  greaterEqual: "≥",
  equal: "=",
};

const axesText = (axes: readonly string[] = []): string => (axes.length === 0 ? "" : `_${axes.join(",")}`);

const part = (formula: Formula, level: Level): string =>
  needsBrackets(formula, level, "line") ? `(${textOf(formula)})` : textOf(formula);

const joined = (parts: readonly Formula[]): string => parts.map(textOf).join(", ");

export function textOf(formula: Formula): string {
  switch (formula.kind) {
    case "number":
      return formula.text;
    case "name":
      return formula.time === undefined ? formula.name : `${formula.name}[${formula.time}]`;
    case "infix": {
      const [left, right] = levelsOfParts(formula.sign);
      return `${part(formula.x, left)} ${signs[formula.sign]} ${part(formula.y, right)}`;
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
    case "power":
      return `${part(formula.x, "atom")}^${part(formula.y, "atom")}`;
    case "choice":
      return `${part(formula.condition, "compare")} ? ${part(formula.x, "compare")} : ${part(formula.y, "compare")}`;
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
