/**
 * A formula as a tree: what an op's node says in mathematics, before anybody decides how it is written down.
 * Printers make text, TeX and MathML of it; where brackets must stand is decided here, for all of them.
 */

/**
 * Between two parts. `scale` is a product with a number, `times` one element by element, `matrix` the one of
 * linear algebra.
 */
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
  /** A value; `layer` is the one that its name may begin with, `time` its place in a recurrence: `t − 1`. */
  | {
      readonly kind: "name";
      readonly name: string;
      readonly layer?: string | undefined;
      readonly time?: string;
    }
  | { readonly kind: "infix"; readonly sign: Sign; readonly x: Formula; readonly y: Formula }
  /** `condition` is Iverson's bracket: 1 where it holds, else 0. */
  | {
      readonly kind: "negate" | "magnitude" | "root" | "transpose" | "condition";
      readonly x: Formula;
    }
  | { readonly kind: "quotient" | "power"; readonly x: Formula; readonly y: Formula }
  | { readonly kind: "choice"; readonly condition: Formula; readonly x: Formula; readonly y: Formula }
  /** Over the indices named. */
  | { readonly kind: "sum"; readonly axes: readonly string[]; readonly x: Formula }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly axes?: readonly string[];
      readonly parts: readonly Formula[];
    }
  | { readonly kind: "list"; readonly parts: readonly Formula[] }
  /** The rows of a table that indices choose, and its adjoint. */
  | { readonly kind: "rows" | "scatter"; readonly x: Formula; readonly indices: Formula }
  | { readonly kind: "box"; readonly x: Formula; readonly ranges: readonly string[] }
  /** What is no expression: equations next to one another, and words between them. */
  | { readonly kind: "row"; readonly parts: readonly (Formula | string)[] }
  | { readonly kind: "equation"; readonly x: Formula; readonly y: Formula };

export type Name = Extract<Formula, { readonly kind: "name" }>;

/** How tightly a formula binds: what stands inside a tighter one needs brackets. */
const precedence = { choice: 0, compare: 1, sum: 2, product: 3, power: 4, atom: 5 } as const;
export type Level = keyof typeof precedence;

/** On one line, as text has it, or with quotients stacked, which brackets nothing. */
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

/** What the parts of an infix formula must bind like; sums and products are associative to the left. */
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

/** Whether the left part (0) or the right one (1) of an infix formula needs brackets. */
export function partNeedsBrackets(sign: Sign, side: 0 | 1, part: Formula, layout: Layout): boolean {
  if (needsBrackets(part, levelsOfParts(sign)[side], layout)) return true;
  // Products of both kinds in a row would leave open which comes first.
  if (part.kind !== "infix") return false;
  return sign === "matrix" ? part.sign === "times" : sign === "times" && part.sign === "matrix";
}

/** What an infix formula has next to its sign: the last factor of its left part, the first one of its right part. */
export function besideSign(part: Formula, side: 0 | 1): Formula {
  if (part.kind !== "infix" || levelOfSign[part.sign] !== "product") return part;
  return besideSign(side === 0 ? part.y : part.x, side);
}

export const named = (name: string, layer?: string): Formula => ({ kind: "name", name, layer });
export const numeral = (text: string): Formula => ({ kind: "number", text });
export const infix = (sign: Sign, x: Formula, y: Formula): Formula => ({ kind: "infix", sign, x, y });
export const call = (name: string, ...parts: readonly Formula[]): Formula => ({ kind: "call", name, parts });
