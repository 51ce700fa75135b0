/**
 * Holds a loop program against the rules of the loop IR. It runs after every loop stage and collects all that is wrong;
 * a fault here is a bug of ours, never the user's.
 *
 * A program is at one of two levels: every access has an index for each axis, or (after `placeAccesses`) every access has
 * one place. Which one is seen from the accesses themselves; a mixture is a fault.
 */
import { InternalError } from "../diagnostics/errors.ts";
import type { ElementType } from "../ir/types.ts";
import { keyOf, rowsVariable } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import { visitExpressions, visitStatements } from "./statements.ts";
import type { Buffer, Kernel, LoopProgram, Statement } from "./types.ts";

export interface LoopFault {
  readonly kernel: string;
  readonly message: string;
}

interface Variable {
  readonly type: ElementType;
  /** A `let` that says so may be assigned; loop variables, constants and offsets may not. */
  readonly mutable: boolean;
}

/** What is known at a place: a block's own names, then those around it, last the offsets of buffers. */
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
    return known ?? (this.offsets.has(name) ? { type: "i32", mutable: false } : undefined);
  }
  set(name: string, variable: Variable): this {
    this.own.set(name, variable);
    return this;
  }
}

/** Every fault of the program, kernel by kernel. */
export function verifyLoops(program: LoopProgram): LoopFault[] {
  const faults: LoopFault[] = [];
  const names = new Set<string>();
  for (const kernel of program.kernels) {
    const report = (message: string) => faults.push({ kernel: kernel.name, message });
    if (names.has(kernel.name)) report("another kernel has this name");
    names.add(kernel.name);
    if (kernel.body.length === 0) report("it does nothing");
    const isPlaced = checkLevel(kernel, program.buffers, report);
    const scope = new Scope(undefined, isPlaced ? program.buffers : undefined);
    scope.set(rowsVariable, { type: "i32", mutable: false });
    checkBlock(kernel.body, scope, { buffers: program.buffers, report });
  }
  return faults;
}

/** @throws InternalError with all faults; `after` names the stage that ran last. */
export function checkLoops(program: LoopProgram, after: string): void {
  const faults = verifyLoops(program);
  if (faults.length === 0) return;
  const list = faults.map(({ kernel, message }) => `  ${kernel}: ${message}`).join("\n");
  throw new InternalError(`after ${after}, loop program ${program.name} is malformed:\n${list}`);
}

/** Whether the kernel's accesses are places; reports buffers that are unknown, and accesses that fit neither level. */
function checkLevel(
  kernel: Kernel,
  buffers: ReadonlyMap<string, Buffer>,
  report: (message: string) => void,
): boolean {
  let [byAxis, byPlace] = [true, true];
  const see = (name: string, at: readonly Expression[]) => {
    const buffer = buffers.get(name);
    if (buffer === undefined) return void report(`there is no buffer ${name}`);
    if (at.length !== buffer.shape.length) byAxis = false;
    if (at.length !== 1) byPlace = false;
    if (at.length !== 1 && at.length !== buffer.shape.length)
      report(`${name}[${at.map(keyOf).join(", ")}] must have one place, or ${buffer.shape.length} indices`);
  };
  visitStatements(kernel.body, (s) => s.kind === "store" && see(s.buffer, s.at));
  visitExpressions(kernel.body, (x) => x.kind === "load" && see(x.buffer, x.at));
  if (!byAxis && !byPlace) report("some accesses have an index for each axis, others a place");
  return byPlace;
}

interface Checks {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly report: (message: string) => void;
}

function checkBlock(statements: readonly Statement[], outer: Scope, checks: Checks): void {
  const scope = new Scope(outer);
  const define = (name: string, variable: Variable) => {
    if (scope.get(name) !== undefined) checks.report(`${name} is defined where it is known already`);
    scope.set(name, variable);
  };
  for (const statement of statements) {
    switch (statement.kind) {
      case "for": {
        expectType(statement.from, "i32", `${statement.variable}'s start`, scope, checks);
        expectType(statement.to, "i32", `${statement.variable}'s end`, scope, checks);
        if (!(Number.isInteger(statement.step) && statement.step > 0))
          checks.report(`${statement.variable} steps by ${statement.step}`);
        if (scope.get(statement.variable) !== undefined)
          checks.report(`${statement.variable} is defined where it is known already`);
        checkBlock(
          statement.body,
          new Scope(scope).set(statement.variable, { type: "i32", mutable: false }),
          checks,
        );
        break;
      }
      case "let":
        checkExpression(statement.value, scope, checks);
        define(statement.name, { type: statement.value.type, mutable: statement.mutable });
        break;
      case "assign": {
        const variable = scope.get(statement.name);
        if (variable === undefined) checks.report(`${statement.name} is assigned before it is defined`);
        else if (!variable.mutable) checks.report(`${statement.name} is assigned but cannot change`);
        expectType(statement.value, variable?.type, statement.name, scope, checks);
        break;
      }
      case "store":
        checkIndices(statement.at, scope, checks);
        expectType(
          statement.value,
          checks.buffers.get(statement.buffer)?.element,
          statement.buffer,
          scope,
          checks,
        );
    }
  }
}

function checkIndices(at: readonly Expression[], scope: Scope, checks: Checks): void {
  for (const index of at) expectType(index, "i32", "an index", scope, checks);
}

function expectType(
  x: Expression,
  type: ElementType | undefined,
  what: string,
  scope: Scope,
  checks: Checks,
): void {
  checkExpression(x, scope, checks);
  if (type !== undefined && x.type !== type)
    checks.report(`${what} is ${type}, but ${keyOf(x)} is ${x.type}`);
}

function checkExpression(x: Expression, scope: Scope, checks: Checks): void {
  const { report, buffers } = checks;
  const expectSame = (a: Expression, b: Expression) => {
    if (a.type !== b.type) report(`${keyOf(x)} mixes ${a.type} and ${b.type}`);
  };
  const parts = (...list: readonly Expression[]) =>
    list.forEach((part) => checkExpression(part, scope, checks));
  switch (x.kind) {
    case "number":
      return;
    case "variable": {
      const variable = scope.get(x.name);
      if (variable === undefined) report(`${x.name} is read before it is defined`);
      else if (variable.type !== x.type) report(`${x.name} is ${variable.type}, but is read as ${x.type}`);
      return;
    }
    case "load": {
      checkIndices(x.at, scope, checks);
      const element = buffers.get(x.buffer)?.element;
      if (element !== undefined && element !== x.type)
        report(`${x.buffer} is ${element}, but is read as ${x.type}`);
      return;
    }
    case "negate":
    case "convert":
      return parts(x.x);
    case "binary":
      parts(x.x, x.y);
      return expectSame(x.x, x.y);
    case "call":
      return parts(...x.operands);
    case "select":
      expectType(x.condition, "bool", "a condition", scope, checks);
      parts(x.x, x.y);
      return expectSame(x.x, x.y);
    case "splat":
    case "ramp":
    case "fold":
    case "lane":
      return parts(x.x);
    case "gather":
      return parts(...x.elements);
    case "sums":
      return parts(...x.vectors);
  }
}
