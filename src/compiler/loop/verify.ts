/**
 * Verifies a loop program against the rules of the loop IR. It runs after every loop stage. The rules of
 * expressions come first, then those of statements.
 */
import { InternalError } from "../diagnostics/errors.ts";
import type { ElementType } from "../ir/types.ts";
import { storesAliases } from "./dependences.ts";
import { keyOf, rowsVariable } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import { visitExpressions, visitStatements } from "./statements.ts";
import type { Buffer, LoopProgram, Statement } from "./types.ts";

// The rules of expressions: names are defined and have the stated type, operands agree in type and number of
// lanes, and indices and bounds are scalar integers.

interface Variable {
  readonly type: ElementType;
  /** 1 for a scalar. */
  readonly lanes: number;
  /**
   * Whether the variable may be assigned. A mutable `let` may; loop variables, constants and offsets may not.
   */
  readonly mutable: boolean;
}

/**
 * The names that are visible in a block. Names are looked up in the block first, then in the enclosing
 * blocks, then among the offsets of buffers.
 */
class Scope {
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

interface Checks {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly report: (message: string) => void;
}

const lanesText = (lanes: number): string => (lanes === 1 ? "one lane" : `${lanes} lanes`);

/** Checks that x has the type, if a type is given. Returns the number of lanes. */
function expectType(
  x: Expression,
  type: ElementType | undefined,
  what: string,
  scope: Scope,
  checks: Checks,
): number {
  const lanes = checkExpression(x, scope, checks);
  if (type !== undefined && x.type !== type)
    checks.report(`${what} must be ${type}, but ${keyOf(x)} is ${x.type}`);
  return lanes;
}

/** Checks that x is a scalar integer. */
function expectScalar(x: Expression, what: string, scope: Scope, checks: Checks): void {
  const lanes = expectType(x, "i32", what, scope, checks);
  if (lanes !== 1) checks.report(`${what} must be a scalar, but ${keyOf(x)} has ${lanesText(lanes)}`);
}

/**
 * Checks an expression and all its subexpressions. Returns the number of lanes. The function runs after every
 * stage, so it avoids closures for speed.
 */
function checkExpression(x: Expression, scope: Scope, checks: Checks): number {
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
        report(`${keyOf(x)} has a condition of ${lanesText(condition)} and branches of ${lanes}`);
      expectSameType(x, x.x, x.y, checks);
      return lanes;
    }
    case "splat":
    case "ramp":
      if (x.kind === "ramp" && x.type !== "i32")
        report(`${keyOf(x)} must be a ramp of i32, not of ${x.type}`);
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
      if (!(x.index >= 0 && x.index < lanes)) report(`${keyOf(x)}: the vector has only ${lanesText(lanes)}`);
      return 1;
    }
    case "sums":
      commonLanes(x, x.vectors, scope, checks);
      for (const vector of x.vectors) expectSameType(x, vector, x, checks);
      return x.vectors.length;
  }
}

/** Checks that these operands of x have the same number of lanes. Returns that number. */
function commonLanes(x: Expression, parts: readonly Expression[], scope: Scope, checks: Checks): number {
  const lanes = parts.map((part) => checkExpression(part, scope, checks));
  if (lanes.some((each) => each !== lanes[0]))
    checks.report(`${keyOf(x)} mixes ${lanes.join(" and ")} lanes`);
  return Math.max(1, ...lanes);
}

/** Checks that an element of the vector x is a scalar with the element type of x. */
function checkElement(x: Expression, element: Expression, scope: Scope, checks: Checks): void {
  const lanes = checkExpression(element, scope, checks);
  if (lanes !== 1)
    checks.report(`${keyOf(x)} requires scalars, but ${keyOf(element)} has ${lanesText(lanes)}`);
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

// The rules of statements. The check runs after every loop stage and collects all errors. An error here is a
// bug of the compiler, not of the user's spec.
//
// A program is at one of two levels. Before the stage `compute-addresses`, every access has one index per
// axis; after it, every access has a single offset. The verifier infers the level from the accesses; a
// mixture is an error.

interface LoopError {
  readonly kernel: string;
  readonly message: string;
}

/** All errors in the program, kernel by kernel. */
export function verifyLoops(program: LoopProgram): LoopError[] {
  const errors: LoopError[] = [];
  const names = new Set<string>();
  for (const kernel of program.kernels) {
    const report = (message: string) => errors.push({ kernel: kernel.name, message });
    if (names.has(kernel.name)) report("another kernel has this name");
    names.add(kernel.name);
    for (const message of errorsInBody(kernel.body, program.buffers)) report(message);
  }
  return errors;
}

/** The buffers with which a body has no errors. Most stages leave most kernels as they are. */
const verified = new WeakMap<readonly Statement[], ReadonlyMap<string, Buffer>>();

function errorsInBody(body: readonly Statement[], buffers: ReadonlyMap<string, Buffer>): readonly string[] {
  if (verified.get(body) === buffers) return [];
  const errors: string[] = [];
  const report = (message: string) => errors.push(message);
  if (body.length === 0) report("its body is empty");
  if (storesAliases(body, buffers))
    report("it stores a buffer under one name and touches the same memory under another");
  const isPlaced = checkLevel(body, buffers, report);
  const scope = new Scope(undefined, isPlaced ? buffers : undefined);
  scope.set(rowsVariable, { type: "i32", lanes: 1, mutable: false });
  checkBlock(body, scope, { buffers, report });
  if (errors.length === 0) verified.set(body, buffers);
  return errors;
}

/** @throws InternalError with all errors; `after` names the stage that ran last. */
export function checkLoops(program: LoopProgram, after: string): void {
  const errors = verifyLoops(program);
  if (errors.length === 0) return;
  const list = errors.map(({ kernel, message }) => `  ${kernel}: ${message}`).join("\n");
  throw new InternalError(`after ${after}, loop program ${program.name} is malformed:\n${list}`);
}

/**
 * Whether all accesses of the body are offsets. Reports unknown buffers, and accesses that fit neither
 * level.
 */
function checkLevel(
  body: readonly Statement[],
  buffers: ReadonlyMap<string, Buffer>,
  report: (message: string) => void,
): boolean {
  let [byAxis, byPlace] = [true, true];
  const see = (name: string, at: readonly Expression[]) => {
    const buffer = buffers.get(name);
    if (buffer === undefined) {
      report(`unknown buffer ${name}`);
      return;
    }
    if (at.length !== buffer.shape.length) byAxis = false;
    if (at.length !== 1) byPlace = false;
    if (at.length !== 1 && at.length !== buffer.shape.length)
      report(`${name}[${at.map(keyOf).join(", ")}] must have one offset or ${buffer.shape.length} indices`);
  };
  visitStatements(body, (s) => s.kind === "store" && see(s.buffer, s.at));
  visitExpressions(body, (x) => x.kind === "load" && see(x.buffer, x.at));
  if (!byAxis && !byPlace) report("some accesses have an index for each axis, others an offset");
  return byPlace;
}

function checkBlock(statements: readonly Statement[], outer: Scope, checks: Checks): void {
  const scope = new Scope(outer);
  const define = (name: string, variable: Variable) => {
    if (scope.get(name) !== undefined) checks.report(`${name} is already defined`);
    scope.set(name, variable);
  };
  for (const statement of statements) {
    switch (statement.kind) {
      case "for": {
        expectScalar(statement.from, `${statement.variable}'s start`, scope, checks);
        expectScalar(statement.to, `${statement.variable}'s end`, scope, checks);
        if (!(Number.isInteger(statement.step) && statement.step > 0))
          checks.report(`${statement.variable} steps by ${statement.step}`);
        if (scope.get(statement.variable) !== undefined)
          checks.report(`${statement.variable} is already defined`);
        checkBlock(
          statement.body,
          new Scope(scope).set(statement.variable, { type: "i32", lanes: 1, mutable: false }),
          checks,
        );
        break;
      }
      case "let": {
        const lanes = checkExpression(statement.value, scope, checks);
        define(statement.name, { type: statement.value.type, lanes, mutable: statement.mutable });
        break;
      }
      case "assign": {
        const { name, value } = statement;
        const variable = scope.get(name);
        if (variable === undefined) checks.report(`${name} is assigned before it is defined`);
        else if (!variable.mutable) checks.report(`${name} is assigned but is not mutable`);
        const lanes = expectType(value, variable?.type, name, scope, checks);
        if (variable !== undefined && variable.lanes !== lanes)
          checks.report(`${name} has ${lanesText(variable.lanes)}, but is assigned ${lanesText(lanes)}`);
        break;
      }
      case "store":
        checkStore(statement, scope, checks);
    }
  }
}

function checkStore(statement: Extract<Statement, { kind: "store" }>, scope: Scope, checks: Checks): void {
  const { buffer, at, value, count } = statement;
  for (const index of at) expectScalar(index, "an index", scope, checks);
  const lanes = expectType(value, checks.buffers.get(buffer)?.element, buffer, scope, checks);
  if (count === undefined) return;
  expectScalar(count, "a count of lanes", scope, checks);
  if (lanes === 1) checks.report(`only some lanes of ${keyOf(value)} are stored, but it is a scalar`);
}
