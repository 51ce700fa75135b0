/**
 * Holds a loop program against the rules of the loop IR. It runs after every loop stage and collects all that is wrong;
 * a fault here is a bug of ours, never the user's.
 *
 * A program is at one of two levels: every access has an index for each axis, or (after the stage `compute-addresses`)
 * every access has one place. Which one is seen from the accesses themselves; a mixture is a fault.
 */
import { InternalError } from "../diagnostics/errors.ts";
import { storesAliases } from "./dependences.ts";
import { keyOf, rowsVariable } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import { visitExpressions, visitStatements } from "./statements.ts";
import type { Buffer, Kernel, LoopProgram, Statement } from "./types.ts";
import { checkExpression, expectScalar, expectType, lanesText, Scope } from "./verify-expressions.ts";
import type { Checks, Variable } from "./verify-expressions.ts";

export interface LoopFault {
  readonly kernel: string;
  readonly message: string;
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
    if (storesAliases(kernel.body, program.buffers))
      report("it stores a buffer under one name and touches the same memory under another");
    const isPlaced = checkLevel(kernel, program.buffers, report);
    const scope = new Scope(undefined, isPlaced ? program.buffers : undefined);
    scope.set(rowsVariable, { type: "i32", lanes: 1, mutable: false });
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
    if (buffer === undefined) {
      report(`there is no buffer ${name}`);
      return;
    }
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

function checkBlock(statements: readonly Statement[], outer: Scope, checks: Checks): void {
  const scope = new Scope(outer);
  const define = (name: string, variable: Variable) => {
    if (scope.get(name) !== undefined) checks.report(`${name} is defined where it is known already`);
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
          checks.report(`${statement.variable} is defined where it is known already`);
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
        else if (!variable.mutable) checks.report(`${name} is assigned but cannot change`);
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
