/**
 * Scalar and vector expressions of the loop IR, and their constructors. The constructors fold integer
 * constants, which keeps the index arithmetic of views short.
 */
import type { ElementaryName } from "../ir/nodes.ts";
import type { ElementType } from "../ir/types.ts";
import { mapMembers } from "../util/collections.ts";

/** Functions that every target computes with one or a few instructions. */
const instructions = ["sqrt", "floor", "round", "absolute", "sign", "minimum", "maximum"] as const;

/** `round` rounds to the nearest number of the call's element type, as a store does. */
export type InstructionName = (typeof instructions)[number];

/**
 * The functions that a target must provide. `runtime/numbers/` defines those that need more than a few
 * instructions.
 */
export type FunctionName = ElementaryName | InstructionName | "power" | "randomKey" | "randomUnit";

const names: ReadonlySet<string> = new Set(instructions);
export const isInstruction = (name: FunctionName): name is InstructionName => names.has(name);

/** Whether targets compute the expression with a function call instead of instructions. */
export const isCall = (x: Expression): boolean => x.kind === "call" && !isInstruction(x.name);

export type BinaryOperator = "+" | "-" | "*" | "/" | "quotient" | "remainder" | "<" | "<=" | "==" | "and";

export type Expression =
  | { readonly kind: "number"; readonly value: number; readonly type: ElementType }
  | { readonly kind: "variable"; readonly name: string; readonly type: ElementType; readonly lanes?: number }
  /**
   * A load. If `lanes` is set, it loads that many elements, starting at the given index and `stride` apart in
   * memory.
   */
  | {
      readonly kind: "load";
      readonly buffer: string;
      readonly at: readonly Expression[];
      readonly type: ElementType;
      readonly lanes?: number;
      readonly stride?: number;
    }
  | { readonly kind: "negate"; readonly x: Expression; readonly type: ElementType }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly x: Expression;
      readonly y: Expression;
      readonly type: ElementType;
    }
  | {
      readonly kind: "call";
      readonly name: FunctionName;
      readonly operands: readonly Expression[];
      readonly type: ElementType;
    }
  | {
      readonly kind: "select";
      readonly condition: Expression;
      readonly x: Expression;
      readonly y: Expression;
      readonly type: ElementType;
    }
  | { readonly kind: "convert"; readonly x: Expression; readonly type: ElementType }
  | VectorExpression;

/**
 * Expressions that convert between vectors and scalars. All other kinds work lane by lane on operands with
 * the same number of lanes.
 */
export type VectorExpression =
  /** x in every lane. */
  | { readonly kind: "splat"; readonly x: Expression; readonly lanes: number; readonly type: ElementType }
  /** x, x + 1, x + 2, … */
  | { readonly kind: "ramp"; readonly x: Expression; readonly lanes: number; readonly type: ElementType }
  /** A vector whose lanes are these scalars. */
  | { readonly kind: "gather"; readonly elements: readonly Expression[]; readonly type: ElementType }
  /** All lanes of x combined into one scalar. */
  | {
      readonly kind: "fold";
      readonly operator: FoldOperator;
      readonly x: Expression;
      readonly type: ElementType;
    }
  /** A vector with one lane per operand: the sum of the operand's lanes. */
  | { readonly kind: "sums"; readonly vectors: readonly Expression[]; readonly type: ElementType }
  /** One lane of x. */
  | { readonly kind: "lane"; readonly x: Expression; readonly index: number; readonly type: ElementType };

export type FoldOperator = "+" | "minimum" | "maximum";

/** The number of lanes of an expression; 1 for a scalar. */
export function lanesOf(x: Expression): number {
  switch (x.kind) {
    case "number":
    case "fold":
    case "lane":
      return 1;
    case "variable":
    case "load":
      return x.lanes ?? 1;
    case "splat":
    case "ramp":
      return x.lanes;
    case "gather":
      return x.elements.length;
    case "sums":
      return x.vectors.length;
    case "call":
      return Math.max(1, ...x.operands.map(lanesOf));
    default:
      return lanesOf(x.x);
  }
}

export const number = (value: number, type: ElementType): Expression => ({ kind: "number", value, type });
export const integer = (value: number): Expression => number(value, "i32");
export const variable = (name: string, type: ElementType): Expression => ({ kind: "variable", name, type });
/** A variable with the type and the number of lanes of x. */
export function variableOf(name: string, x: Expression): Expression {
  const lanes = lanesOf(x);
  return lanes === 1 ? variable(name, x.type) : { kind: "variable", name, type: x.type, lanes };
}
/**
 * The name of the variable for the number of rows. The prefix distinguishes it from tensors and locals called
 * n: no name in a spec contains `#`, and no stage makes a name that starts with it.
 */
export const rowsVariable = "#n";
/** The number of rows in the current batch. */
export const rows: Expression = variable(rowsVariable, "i32");

type NumberExpression = Extract<Expression, { kind: "number" }>;
const isInteger = (x: Expression): x is NumberExpression => x.kind === "number" && x.type === "i32";
const isExactly = (x: Expression, value: number): boolean => isInteger(x) && x.value === value;

export function binary(operator: BinaryOperator, x: Expression, y: Expression): Expression {
  const compares = operator === "<" || operator === "<=" || operator === "==" || operator === "and";
  return { kind: "binary", operator, x, y, type: compares ? "bool" : x.type };
}

export function add(x: Expression, y: Expression): Expression {
  if (isInteger(x) && isInteger(y)) return integer(x.value + y.value);
  if (isExactly(x, 0)) return y;
  if (isExactly(y, 0)) return x;
  if (x.kind === "binary" && x.operator === "+" && isInteger(x.y) && isInteger(y))
    return add(x.x, integer(x.y.value + y.value));
  return binary("+", x, y);
}

export function multiply(x: Expression, y: Expression): Expression {
  if (isInteger(x) && isInteger(y)) return integer(x.value * y.value);
  if (isExactly(x, 0) || isExactly(y, 0)) return integer(0);
  if (isExactly(x, 1)) return y;
  if (isExactly(y, 1)) return x;
  return binary("*", x, y);
}

/** x − y for integers */
export const minus = (x: Expression, y: Expression): Expression =>
  isInteger(y) ? add(x, integer(-y.value)) : binary("-", x, y);

/**
 * The integer part of x / divisor, as in WebAssembly: ⌊x / divisor⌋ for x ≥ 0. `remainder` has the sign of x, so
 * x = divisor · quotient + remainder for every x. Vector accesses depend on this, because the index of their first
 * lane may be negative if a select discards that lane.
 */
export function quotient(x: Expression, divisor: number): Expression {
  if (divisor === 1) return x;
  if (isInteger(x)) return integer(Math.trunc(x.value / divisor) + 0);
  return binary("quotient", x, integer(divisor));
}

/** x − divisor · quotient: x mod divisor for x ≥ 0. */
export function remainder(x: Expression, divisor: number): Expression {
  if (divisor === 1) return integer(0);
  if (isInteger(x)) return integer((x.value % divisor) + 0);
  return binary("remainder", x, integer(divisor));
}

export const call = (name: FunctionName, operands: readonly Expression[], type: ElementType): Expression => ({
  kind: "call",
  name,
  operands,
  type,
});

export function select(condition: Expression, x: Expression, y: Expression): Expression {
  if (condition.kind === "number") return condition.value !== 0 ? x : y;
  return { kind: "select", condition, x, y, type: x.type };
}

export const less = (x: Expression, y: Expression): Expression =>
  isInteger(x) && isInteger(y) ? number(Number(x.value < y.value), "bool") : binary("<", x, y);
export const lessEqual = (x: Expression, y: Expression): Expression =>
  isInteger(x) && isInteger(y) ? number(Number(x.value <= y.value), "bool") : binary("<=", x, y);
export const equal = (x: Expression, y: Expression): Expression =>
  isInteger(x) && isInteger(y) ? number(Number(x.value === y.value), "bool") : binary("==", x, y);
export function and(x: Expression, y: Expression): Expression {
  if (x.kind === "number") return x.value !== 0 ? y : x;
  if (y.kind === "number") return y.value !== 0 ? x : y;
  return binary("and", x, y);
}

const convertedNumber = (value: number, type: ElementType): number =>
  type === "bool" ? Number(value !== 0) : type === "i32" ? Math.trunc(value) : value;

export const convert = (x: Expression, type: ElementType): Expression => {
  if (x.type === type) return x;
  if (x.kind === "number") return number(convertedNumber(x.value, type), type);
  return { kind: "convert", x, type };
};

/** Whether the expression is a constant vector. */
export const isConstantSplat = (x: Expression): boolean => x.kind === "splat" && x.x.kind === "number";

/** The operands of an expression, in order of evaluation. */
export function children(x: Expression): readonly Expression[] {
  switch (x.kind) {
    case "number":
    case "variable":
      return [];
    case "load":
      return x.at;
    case "negate":
    case "convert":
    case "splat":
    case "ramp":
    case "fold":
    case "lane":
      return [x.x];
    case "binary":
      return [x.x, x.y];
    case "call":
      return x.operands;
    case "select":
      return [x.condition, x.x, x.y];
    case "gather":
      return x.elements;
    case "sums":
      return x.vectors;
  }
}

/** The same expression with f applied to its operands; returns x itself if no operand changed. */
export function mapChildren(x: Expression, f: (child: Expression) => Expression): Expression {
  const before = children(x);
  const after = mapMembers(before, f);
  if (after === before) return x;
  switch (x.kind) {
    case "number":
    case "variable":
      return x;
    case "load":
      return { ...x, at: after };
    case "negate":
    case "splat":
    case "ramp":
    case "fold":
    case "lane":
      return { ...x, x: after[0] };
    case "convert":
      return convert(after[0], x.type);
    case "binary":
      return rebuiltBinary(x.operator, after[0], after[1]);
    case "call":
      return { ...x, operands: after };
    case "select":
      return select(after[0], after[1], after[2]);
    case "gather":
      return { ...x, elements: after };
    case "sums":
      return { ...x, vectors: after };
  }
}

/**
 * Rebuilds integer arithmetic with the folding constructors, because the new operands may be constants.
 */
function rebuiltBinary(operator: BinaryOperator, x: Expression, y: Expression): Expression {
  if (x.type === "i32" && y.type === "i32") {
    if (operator === "+") return add(x, y);
    if (operator === "-") return minus(x, y);
    if (operator === "*") return multiply(x, y);
    if (operator === "quotient" && isInteger(y)) return quotient(x, y.value);
    if (operator === "remainder" && isInteger(y)) return remainder(x, y.value);
    if (operator === "<") return less(x, y);
    if (operator === "<=") return lessEqual(x, y);
    if (operator === "==") return equal(x, y);
  }
  return operator === "and" ? and(x, y) : binary(operator, x, y);
}

/** Rewrites x and all its subexpressions, operands first. */
export const rewriteExpression = (x: Expression, f: (x: Expression) => Expression): Expression =>
  f(mapChildren(x, (child) => rewriteExpression(child, f)));

/** Replaces variables with expressions. */
export function substitute(x: Expression, values: ReadonlyMap<string, Expression>): Expression {
  if (values.size === 0) return x;
  if (x.kind === "variable") return values.get(x.name) ?? x;
  return mapChildren(x, (child) => substitute(child, values));
}

/** Calls f for x and for all its subexpressions, outer ones first. */
export function visit(x: Expression, f: (x: Expression) => void): void {
  f(x);
  switch (x.kind) {
    case "number":
    case "variable":
      return;
    case "binary": // most expressions with operands are binary: this case needs no list of them
      visit(x.x, f);
      visit(x.y, f);
      return;
    default:
      for (const child of children(x)) visit(child, f);
  }
}

/** A string that is the same for equal expressions. */
export function keyOf(x: Expression): string {
  switch (x.kind) {
    case "number":
      return `${Object.is(x.value, -0) ? "-0" : x.value}:${x.type}`;
    case "variable":
      return x.name;
    case "load":
      return `${x.buffer}[${x.at.map(keyOf).join()}]${vectorKey(x.lanes, x.stride)}`;
    case "negate":
      return `-(${keyOf(x.x)})`;
    case "convert":
      return `${x.type}(${keyOf(x.x)})`;
    case "binary":
      return `(${keyOf(x.x)} ${x.operator} ${keyOf(x.y)})`;
    case "call":
      return `${x.name}(${x.operands.map(keyOf).join()})`;
    case "select":
      return `(${keyOf(x.condition)}?${keyOf(x.x)}:${keyOf(x.y)})`;
    case "splat":
    case "ramp":
      return `${x.kind}${x.lanes}(${keyOf(x.x)})`;
    case "fold":
      return `fold ${x.operator}(${keyOf(x.x)})`;
    case "lane":
      return `lane ${x.index}(${keyOf(x.x)})`;
    case "gather":
      return `gather(${x.elements.map(keyOf).join()})`;
    case "sums":
      return `sums(${x.vectors.map(keyOf).join()})`;
  }
}

const vectorKey = (lanes: number | undefined, stride: number | undefined): string =>
  lanes === undefined ? "" : `:${lanes}${stride === undefined ? "" : `/${stride}`}`;
