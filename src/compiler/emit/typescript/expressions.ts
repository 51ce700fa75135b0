/** Scalar expressions as TypeScript, with as few parentheses as possible. */
import { InternalError } from "../../diagnostics/errors.ts";
import { isInstruction } from "../../loop/expressions.ts";
import type { BinaryOperator, Expression, InstructionName } from "../../loop/expressions.ts";
import type { ElementType } from "../../ir/types.ts";
import type { RuntimeValue } from "../../runtime-references.ts";
import { exactFormulaOf } from "../../util/number-text.ts";

/** Operator precedence in JavaScript. */
const level = {
  select: 1,
  or: 2,
  and: 3,
  equality: 4,
  comparison: 5,
  sum: 6,
  product: 7,
  unary: 8,
  atom: 9,
} as const;

interface Text {
  readonly text: string;
  readonly level: number;
}

/** The names that the printer uses for the variables, elements and functions in an expression. */
export interface Scope {
  nameOf(variable: string): string;
  /** The text of an element of a buffer as the target of a store, such as `f[at_dense1 + i]`. */
  elementText(buffer: string, at: readonly string[]): string;
  /**
   * The mark after an element that is read: `!` in TypeScript, where the type of an element may include
   * undefined.
   */
  readonly readMark: string;
  /** Called for each runtime function that the expression calls. */
  uses(name: RuntimeValue): void;
}

const operators: { readonly [K in BinaryOperator]: readonly [string, number] } = {
  "+": ["+", level.sum],
  "-": ["-", level.sum],
  "*": ["*", level.product],
  "/": ["/", level.product],
  quotient: ["/", level.product],
  remainder: ["%", level.product],
  "<": ["<", level.comparison],
  "<=": ["<=", level.comparison],
  "==": ["===", level.equality],
  and: ["&&", level.and],
};

/**
 * JavaScript functions that are exact or correctly rounded in every engine. Engines may differ in how they
 * round all others, so emitted code calls the functions of the runtime instead.
 */
const functions: { readonly [K in InstructionName]: string } = {
  sqrt: "Math.sqrt",
  round: "Math.fround",
  absolute: "Math.abs",
  sign: "Math.sign",
  floor: "Math.floor",
  minimum: "Math.min",
  maximum: "Math.max",
};

export const numberText = (value: number): string =>
  Number.isNaN(value) ? "NaN" : Object.is(value, -0) ? "-0" : String(value);

/** A comparison with a constant prints the constant on the right: x > 0 instead of 0 < x. */
const mirrored: Partial<Record<BinaryOperator, string>> = { "<": ">", "<=": ">=" };

/** The text of an element that is read. */
export const readText = (scope: Scope, buffer: string, at: readonly string[]): string =>
  scope.elementText(buffer, at) + scope.readMark;

export function expressionText(x: Expression, scope: Scope): string {
  return print(x, scope).text;
}

function print(x: Expression, scope: Scope): Text {
  const part = (child: Expression, least: number): string => {
    const { text, level: own } = print(child, scope);
    return own < least ? `(${text})` : text;
  };
  switch (x.kind) {
    case "number":
      return numeral(x.value, x.type);
    case "variable":
      return { text: scope.nameOf(x.name), level: level.atom };
    case "load":
      return {
        text: readText(
          scope,
          x.buffer,
          x.at.map((i) => part(i, 0)),
        ),
        level: level.atom,
      };
    case "negate":
      // The higher level forces parentheses around a nested minus sign, because `--` would be a decrement.
      return { text: `-${part(x.x, level.unary + 1)}`, level: level.unary };
    case "binary": {
      const [sign, own] = operators[x.operator];
      const mirror = x.x.kind === "number" ? mirrored[x.operator] : undefined;
      if (mirror !== undefined)
        return { text: `${part(x.y, own)} ${mirror} ${part(x.x, own + 1)}`, level: own };
      const text = `${part(x.x, own)} ${sign} ${part(x.y, own + 1)}`;
      return x.operator === "quotient"
        ? { text: `Math.trunc(${text})`, level: level.atom }
        : { text, level: own };
    }
    case "call": {
      // Elements in memory are already rounded.
      if (x.name === "round" && x.operands[0].kind === "load") return print(x.operands[0], scope);
      if (!isInstruction(x.name)) scope.uses(x.name);
      const name = isInstruction(x.name) ? functions[x.name] : x.name;
      return {
        text: `${name}(${x.operands.map((operand) => part(operand, 0)).join(", ")})`,
        level: level.atom,
      };
    }
    case "select":
      return {
        text: `${part(x.condition, level.select + 1)} ? ${part(x.x, level.select)} : ${part(x.y, level.select)}`,
        level: level.select,
      };
    case "convert":
      return conversion(x.x, x.type, part);
    default:
      throw new InternalError(`TypeScript cannot express a vector (${x.kind})`);
  }
}

/** Prints a constant as a short formula, such as 1 - 0.001, if the formula has exactly the same value. */
function numeral(value: number, type: ElementType): Text {
  if (type === "bool") return { text: value === 0 ? "false" : "true", level: level.atom };
  const formula = type === "i32" ? undefined : exactFormulaOf(value);
  const isNegative = value < 0 || Object.is(value, -0);
  switch (formula?.kind) {
    case "complement":
      return { text: `1 - ${formula.x}`, level: level.sum };
    case "reciprocal of complement":
      return { text: `1 / (1 - ${formula.x})`, level: level.product };
    case "reciprocal":
      return { text: `1 / ${formula.x}`, level: level.product };
    default:
      return { text: numberText(value), level: isNegative ? level.unary : level.atom };
  }
}

function conversion(x: Expression, to: ElementType, part: (x: Expression, least: number) => string): Text {
  if (x.type === "bool") return { text: `${part(x, level.select + 1)} ? 1 : 0`, level: level.select };
  if (to === "bool") return { text: `${part(x, level.equality)} !== 0`, level: level.equality };
  if (to === "i32") return { text: `Math.trunc(${part(x, 0)})`, level: level.atom };
  // JavaScript numbers are doubles. They are converted when they are stored.
  return { text: part(x, level.atom), level: level.atom };
}
