/**
 * A formula as a tree: the mathematics of a node, independent of notation. Printers write it as text, TeX or
 * MathML, and share the rules for brackets in this file.
 */

/** An infix operator. `scale` multiplies by a number, `times` is an elementwise and `matrix` a matrix product. */
export type Sign =
  | "add"
  | "subtract"
  | "scale"
  | "times"
  | "matrix"
  | "outer"
  | "less"
  | "lessEqual"
  | "greater"
  | "greaterEqual"
  | "equal";

export type Formula =
  | { readonly kind: "number"; readonly text: string }
  /**
   * A value. Its name may start with the name of `layer`. `time` is its index in a recurrence, such as `t −
   * 1`.
   */
  | {
      readonly kind: "name";
      readonly name: string;
      readonly layer?: string | undefined;
      readonly time?: string;
    }
  | { readonly kind: "infix"; readonly sign: Sign; readonly x: Formula; readonly y: Formula }
  /** `condition` is an Iverson bracket: 1 where it is true, otherwise 0. */
  | {
      readonly kind: "negate" | "magnitude" | "root" | "transpose" | "condition";
      readonly x: Formula;
    }
  | { readonly kind: "quotient" | "power"; readonly x: Formula; readonly y: Formula }
  | { readonly kind: "choice"; readonly condition: Formula; readonly x: Formula; readonly y: Formula }
  /** The sum over the given indices. */
  | { readonly kind: "sum"; readonly axes: readonly string[]; readonly x: Formula }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly axes?: readonly string[];
      readonly parts: readonly Formula[];
    }
  | { readonly kind: "list"; readonly parts: readonly Formula[] }
  /** `rows` are the rows of a table at the given indices; `scatter` is the adjoint. */
  | { readonly kind: "rows" | "scatter"; readonly x: Formula; readonly indices: Formula }
  | { readonly kind: "box"; readonly x: Formula; readonly ranges: readonly string[] }
  /** Several equations in a row, with words between them. It is not an expression. */
  | { readonly kind: "row"; readonly parts: readonly (Formula | string)[] }
  | { readonly kind: "equation"; readonly x: Formula; readonly y: Formula };

export type Name = Extract<Formula, { readonly kind: "name" }>;

/**
 * The tightness with which formulas bind. A part that binds less tightly than its context requires needs
 * brackets.
 */
const precedence = { choice: 0, compare: 1, sum: 2, product: 3, power: 4, atom: 5 } as const;
export type Level = keyof typeof precedence;

/** "line": everything on one line, as in text. "stacked": quotients are stacked, so they need no brackets. */
export type Layout = "line" | "stacked";

const levelOfSign: Readonly<Record<Sign, Level>> = {
  add: "sum",
  subtract: "sum",
  scale: "product",
  times: "product",
  matrix: "product",
  outer: "product",
  less: "compare",
  lessEqual: "compare",
  greater: "compare",
  greaterEqual: "compare",
  equal: "compare",
};

/**
 * The tightness with which the two parts of an infix formula must bind. Sums and products associate to the
 * left.
 */
function levelsOfParts(sign: Sign): readonly [x: Level, y: Level] {
  if (sign === "subtract") return ["sum", "product"];
  if (sign === "matrix" || sign === "outer") return ["product", "power"];
  const level = levelOfSign[sign];
  return level === "compare" ? ["sum", "sum"] : [level, level];
}

function levelOf(formula: Formula, layout: Layout): Level {
  switch (formula.kind) {
    case "infix":
      return levelOfSign[formula.sign];
    case "negate":
    case "sum":
      return "sum";
    case "quotient":
      return layout === "line" ? "product" : "power";
    case "power":
    case "transpose":
      return "power";
    case "choice":
    case "row":
    case "equation":
      return "choice";
    default:
      return "atom";
  }
}

export const needsBrackets = (part: Formula, level: Level, layout: Layout): boolean =>
  precedence[levelOf(part, layout)] < precedence[level];

/** Whether the left part (side 0) or the right part (side 1) of an infix formula needs brackets. */
export function partNeedsBrackets(sign: Sign, side: 0 | 1, part: Formula, layout: Layout): boolean {
  if (needsBrackets(part, levelsOfParts(sign)[side], layout)) return true;
  // A mix of elementwise and matrix products is ambiguous without brackets.
  if (part.kind !== "infix") return false;
  return sign === "matrix" ? part.sign === "times" : sign === "times" && part.sign === "matrix";
}

/**
 * The factor next to the operator of an infix formula: the last factor of the left part, or the first factor of
 * the right part.
 */
export function nextToSign(part: Formula, side: 0 | 1): Formula {
  if (part.kind !== "infix" || levelOfSign[part.sign] !== "product") return part;
  return nextToSign(side === 0 ? part.y : part.x, side);
}

export const named = (name: string, layer?: string): Formula => ({ kind: "name", name, layer });
export const numeral = (text: string): Formula => ({ kind: "number", text });
export const infix = (sign: Sign, x: Formula, y: Formula): Formula => ({ kind: "infix", sign, x, y });
export const call = (name: string, ...parts: readonly Formula[]): Formula => ({ kind: "call", name, parts });
