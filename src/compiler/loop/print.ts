/**
 * The text form of loops: kernels in order, indented statements, and expressions in ordinary notation. Every
 * loop shows its role, and every definition its type. The text is for people (`inspect`) and for test
 * messages. It cannot be parsed.
 *
 *     for row in 0 .. n step 2: parallel
 *       let sum: f32 = 0
 */
import { lanesOf } from "./expressions.ts";
import type { BinaryOperator, Expression } from "./expressions.ts";
import type { Buffer, Kernel, Statement } from "./types.ts";

const precedences: Readonly<Record<BinaryOperator, number>> = {
  and: 1,
  "<": 2,
  "<=": 2,
  "==": 2,
  "+": 3,
  "-": 3,
  "*": 4,
  "/": 4,
  quotient: 4,
  remainder: 4,
};
const signs: Partial<Record<BinaryOperator, string>> = { quotient: "div", remainder: "mod" };
const associative: ReadonlySet<BinaryOperator> = new Set(["+", "*", "and"]);

/**
 * The name of a variable may contain the mark `#`, which distinguishes it from the names of buffers. The text
 * omits the mark, because accesses to buffers have brackets.
 */
const plain = (variable: string): string => variable.replaceAll("#", "");

/** `context` is the precedence of the enclosing operator. */
export function printExpression(x: Expression, context = 0): string {
  const bracketed = (text: string, own: number) => (own < context ? `(${text})` : text);
  switch (x.kind) {
    case "number":
      return Object.is(x.value, -0) ? "-0" : String(x.value);
    case "variable":
      return plain(x.name);
    case "load":
      return `${x.buffer}[${x.at.map((index) => printExpression(index)).join(", ")}${lanesText(x.lanes, x.stride)}]`;
    case "negate":
      return bracketed(`-${printExpression(x.x, 5)}`, 4);
    case "binary": {
      const own = precedences[x.operator];
      const right = associative.has(x.operator) ? own : own + 1;
      const sign = signs[x.operator] ?? x.operator;
      return bracketed(`${printExpression(x.x, own)} ${sign} ${printExpression(x.y, right)}`, own);
    }
    case "call":
      return `${x.name}(${x.operands.map((operand) => printExpression(operand)).join(", ")})`;
    case "select":
      return bracketed(
        `${printExpression(x.condition, 1)} ? ${printExpression(x.x, 1)} : ${printExpression(x.y)}`,
        0,
      );
    case "convert":
      return `${x.type}(${printExpression(x.x)})`;
    case "splat":
      return `${printExpression(x.x, 5)}×${x.lanes}`;
    case "ramp":
      return `(${printExpression(x.x)} ..+${x.lanes})`;
    case "gather":
      return `<${x.elements.map((element) => printExpression(element)).join(", ")}>`;
    case "fold":
      return `fold ${x.operator === "+" ? "sum" : x.operator}(${printExpression(x.x)})`;
    case "sums":
      return `sums(${x.vectors.map((vector) => printExpression(vector)).join(", ")})`;
    case "lane":
      return `${printExpression(x.x, 5)}.${x.index}`;
  }
}

/** ` ..+4` follows the first index, or ` ..+4 by 64` if the elements are 64 apart. */
const lanesText = (lanes: number | undefined, stride: number | undefined): string =>
  lanes === undefined ? "" : ` ..+${lanes}${stride === undefined ? "" : ` by ${stride}`}`;

/** One line per statement. The body of a loop is indented by two more spaces. */
export function printStatements(statements: readonly Statement[], indent = ""): string[] {
  return statements.flatMap((statement) => {
    switch (statement.kind) {
      case "for": {
        const { variable, from, to, step, role, body } = statement;
        const by = step === 1 ? "" : ` step ${step}`;
        const head = `for ${plain(variable)} in ${printExpression(from)} .. ${printExpression(to)}${by}: ${role}`;
        return [indent + head, ...printStatements(body, `${indent}  `)];
      }
      case "let": {
        const { name, value, mutable } = statement;
        const lanes = lanesOf(value);
        const type = lanes === 1 ? value.type : `${value.type}×${lanes}`;
        return [`${indent}${mutable ? "var" : "let"} ${plain(name)}: ${type} = ${printExpression(value)}`];
      }
      case "assign":
        return [`${indent}${plain(statement.name)} = ${printExpression(statement.value)}`];
      case "store": {
        const at = statement.at.map((index) => printExpression(index)).join(", ");
        const only = statement.count ? ` (the first ${printExpression(statement.count)})` : "";
        return [`${indent}${statement.buffer}[${at}] = ${printExpression(statement.value)}${only}`];
      }
    }
  });
}

/** The graph nodes that a kernel implements, as comments, and then its loops. */
export function printKernel({ name, body, provenance }: Kernel): string {
  const nodes = provenance.map(({ text, gradientOf, rule }) =>
    gradientOf === undefined ? `  // ${text}` : `  // ${text}   [${rule} of ${gradientOf}]`,
  );
  return [`kernel ${name}`, ...nodes, ...printStatements(body, "  ")].join("\n");
}

/** `f32[n, 32]` */
export const bufferType = ({ element, shape }: Buffer): string => `${element}[${shape.join(", ")}]`;
