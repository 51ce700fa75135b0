/**
 * The rules of expressions, for `verify`: what is read is known and of the type that is said, operands have
 * one type and equally many lanes, and whatever is counted with (indices, bounds) is one integer.
 */
import type { ElementType } from "../ir/types.ts";
import { keyOf } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import type { Buffer } from "./types.ts";

export interface Variable {
  readonly type: ElementType;
  /** 1 of a scalar. */
  readonly lanes: number;
  /** A `let` that says so may be assigned; loop variables, constants and offsets may not. */
  readonly mutable: boolean;
}

/** What is known at a place: a block's own names, then those around it, last the offsets of buffers. */
export class Scope {
  private readonly own = new Map<string, Variable>();
  private readonly outer: Scope | undefined;
  private readonly offsets: ReadonlyMap<string, Buffer>;
  constructor(outer: Scope | undefined, offsets: ReadonlyMap<string, Buffer> = new Map()) {
    this.outer = outer;
    this.offsets = offsets;
  }
  get(name: string): Variable | undefined {
    const known = this.own.get(name) ?? this.outer?.get(name);
    return known ?? (this.offsets.has(name) ? { type: "i32", lanes: 1, mutable: false } : undefined);
  }
  set(name: string, variable: Variable): this {
    this.own.set(name, variable);
    return this;
  }
}

export interface Checks {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly report: (message: string) => void;
}

export const lanesText = (lanes: number): string => (lanes === 1 ? "one lane" : `${lanes} lanes`);

/** Checks x and that it is of the type, where one is known; gives its lanes. */
export function expectType(
  x: Expression,
  type: ElementType | undefined,
  what: string,
  scope: Scope,
  checks: Checks,
): number {
  const lanes = checkExpression(x, scope, checks);
  if (type !== undefined && x.type !== type)
    checks.report(`${what} is ${type}, but ${keyOf(x)} is ${x.type}`);
  return lanes;
}

/** Checks that x is one integer. */
export function expectScalar(x: Expression, what: string, scope: Scope, checks: Checks): void {
  const lanes = expectType(x, "i32", what, scope, checks);
  if (lanes !== 1) checks.report(`${what} is a scalar, but ${keyOf(x)} has ${lanesText(lanes)}`);
}

/** Checks an expression with all its parts; gives its lanes. Each stage's result goes through it: no closures here. */
export function checkExpression(x: Expression, scope: Scope, checks: Checks): number {
  const { report } = checks;
  switch (x.kind) {
    case "number":
      return 1;
    case "variable":
      return checkVariable(x, scope, checks);
    case "load":
      return checkLoad(x, scope, checks);
    case "negate":
    case "convert":
      return checkExpression(x.x, scope, checks);
    case "binary":
      expectSameType(x, x.x, x.y, checks);
      return commonLanes(x, [x.x, x.y], scope, checks);
    case "call":
      return commonLanes(x, x.operands, scope, checks);
    case "select": {
      const condition = expectType(x.condition, "bool", "a condition", scope, checks);
      const lanes = commonLanes(x, [x.x, x.y], scope, checks);
      if (condition !== 1 && condition !== lanes)
        report(`${keyOf(x)} chooses by ${lanesText(condition)} between branches of ${lanes}`);
      expectSameType(x, x.x, x.y, checks);
      return lanes;
    }
    case "splat":
    case "ramp":
      if (x.kind === "ramp" && x.type !== "i32") report(`${keyOf(x)} counts in ${x.type}`);
      if (!isCount(x.lanes)) report(`${keyOf(x)} has ${x.lanes} lanes`);
      checkElement(x, x.x, scope, checks);
      return x.lanes;
    case "gather":
      for (const element of x.elements) checkElement(x, element, scope, checks);
      return x.elements.length;
    case "fold":
      checkExpression(x.x, scope, checks);
      expectSameType(x, x.x, x, checks);
      return 1;
    case "lane": {
      const lanes = checkExpression(x.x, scope, checks);
      expectSameType(x, x.x, x, checks);
      if (!(x.index >= 0 && x.index < lanes)) report(`${keyOf(x)} is a lane of ${lanes}`);
      return 1;
    }
    case "sums":
      commonLanes(x, x.vectors, scope, checks);
      for (const vector of x.vectors) expectSameType(x, vector, x, checks);
      return x.vectors.length;
  }
}

/** Checks parts of x, which have equally many lanes; gives these. */
function commonLanes(x: Expression, parts: readonly Expression[], scope: Scope, checks: Checks): number {
  const lanes = parts.map((part) => checkExpression(part, scope, checks));
  if (lanes.some((each) => each !== lanes[0]))
    checks.report(`${keyOf(x)} mixes ${lanes.join(" and ")} lanes`);
  return Math.max(1, ...lanes);
}

/** Checks that a part of a vector x is a scalar of the vector's type. */
function checkElement(x: Expression, element: Expression, scope: Scope, checks: Checks): void {
  const lanes = checkExpression(element, scope, checks);
  if (lanes !== 1) checks.report(`${keyOf(x)} takes scalars, but ${keyOf(element)} has ${lanesText(lanes)}`);
  expectSameType(x, element, x, checks);
}

function expectSameType(x: Expression, a: Expression, b: Expression, { report }: Checks): void {
  if (a.type !== b.type) report(`${keyOf(x)} mixes ${a.type} and ${b.type}`);
}

const isCount = (x: number): boolean => Number.isInteger(x) && x > 0;

function checkVariable(
  { name, type, lanes = 1 }: Extract<Expression, { kind: "variable" }>,
  scope: Scope,
  { report }: Checks,
): number {
  const variable = scope.get(name);
  if (variable === undefined) report(`${name} is read before it is defined`);
  else if (variable.type !== type) report(`${name} is ${variable.type}, but is read as ${type}`);
  else if (variable.lanes !== lanes)
    report(`${name} has ${lanesText(variable.lanes)}, but is read as ${lanes}`);
  return lanes;
}

function checkLoad(x: Extract<Expression, { kind: "load" }>, scope: Scope, checks: Checks): number {
  const { buffer, at, type, lanes = 1, stride } = x;
  for (const index of at) expectScalar(index, "an index", scope, checks);
  const element = checks.buffers.get(buffer)?.element;
  if (element !== undefined && element !== type)
    checks.report(`${buffer} is ${element}, but is read as ${type}`);
  if (!isCount(lanes)) checks.report(`${keyOf(x)} has ${lanes} lanes`);
  if (stride !== undefined && (lanes === 1 || !isCount(stride)))
    checks.report(`the lanes of ${keyOf(x)} are ${stride} apart`);
  return lanes;
}
