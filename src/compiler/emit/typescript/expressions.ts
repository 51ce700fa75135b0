/** Scalar expressions as TypeScript: a total table from node to text, with brackets only where they are needed. */
import { InternalError } from "../../diagnostics/errors.ts";
import { isInstruction } from "../../loop/expressions.ts";
import type { BinaryOperator, Expression, InstructionName } from "../../loop/expressions.ts";
import type { ElementType } from "../../ir/types.ts";
import type { RuntimeValue } from "../../runtime-references.ts";
import { complementOf } from "../../util/number-text.ts";

/** How tightly JavaScript binds. */
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

/** What the printer must be told about its surroundings. */
export interface Scope {
  nameOf(variable: string): string;
  /** The typed array through which elements of that type are read. */
  viewOf(element: ElementType): string;
  elementOf(buffer: string): ElementType;
  /** A function of the runtime is used. */
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
 * Functions of the language by their name there, which are exact or rounded correctly in every engine; the
 * others, which engines may round as they like, are the runtime's own of that name.
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

/** A number before a comparison reads better behind it: x > 0, not 0 < x. */
const mirrored: Partial<Record<BinaryOperator, string>> = { "<": ">", "<=": ">=" };

export function expressionText(x: Expression, scope: Scope): string {
  return print(x, scope).text;
}

function print(x: Expression, scope: Scope): Text {
  const part = (child: Expression, least: number): string => {
    const { text, level: own } = print(child, scope);
    return own < least ? `(${text})` : text;
  };
  switch (x.kind) {
    case "number": {
      const complement = x.type === "i32" ? undefined : complementOf(x.value);
      if (complement !== undefined) return { text: `1 - ${complement}`, level: level.sum };
      return x.type === "bool"
        ? { text: x.value === 0 ? "false" : "true", level: level.atom }
        : {
            text: numberText(x.value),
            level: x.value < 0 || Object.is(x.value, -0) ? level.unary : level.atom,
          };
    }
    case "variable":
      return { text: scope.nameOf(x.name), level: level.atom };
    case "load":
      return {
        text: `${scope.viewOf(scope.elementOf(x.buffer))}[${x.at.map((i) => part(i, 0)).join(", ")}]`,
        level: level.atom,
      };
    case "negate":
      // A minus sign before a minus sign would read as a decrement.
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
      // What stands in memory is rounded already.
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
      throw new InternalError(`a vector (${x.kind}) has no text in TypeScript`);
  }
}

function conversion(x: Expression, to: ElementType, part: (x: Expression, least: number) => string): Text {
  if (x.type === "bool") return { text: `${part(x, level.select + 1)} ? 1 : 0`, level: level.select };
  if (to === "bool") return { text: `${part(x, level.equality)} !== 0`, level: level.equality };
  if (to === "i32") return { text: `Math.trunc(${part(x, 0)})`, level: level.atom };
  // Numbers of the language are doubles: no real conversion is needed before a store.
  return { text: part(x, level.atom), level: level.atom };
}
