/**
 * Verifies the roles of loops. The iterations of a `parallel` or `output` loop must be independent, with two
 * exceptions that every stage handles: iterations may add to the same elements if each addition is one
 * statement, and they may use the same temporary memory if each iteration stores a value there before it
 * loads it.
 *
 * Stages that interleave, vectorise or divide iterations check independence themselves (`dependences.ts`). If
 * lowering marks a dependent loop as parallel, the compiler has a bug.
 */
import { InternalError } from "../diagnostics/errors.ts";
import { isOnlyAddedTo, sharedStores } from "./dependences.ts";
import type { Surroundings } from "./dependences.ts";
import { visit } from "./expressions.ts";
import { rangesOf } from "./intervals.ts";
import { expressionsOf, visitStatements } from "./statements.ts";
import type { For, LoopProgram, Statement } from "./types.ts";

/** All errors in the loop roles of a program, kernel by kernel. */
export function verifyRoles(program: LoopProgram, batchSize: number): string[] {
  const errors: string[] = [];
  for (const { name, body } of program.kernels) {
    const surroundings: Surroundings = {
      buffers: program.buffers,
      batchSize,
      ranges: rangesOf(body, batchSize),
    };
    visitStatements(body, (s) => {
      if (s.kind !== "for" || (s.role !== "parallel" && s.role !== "output")) return;
      const shared = dependentStores(s, surroundings);
      if (shared === undefined)
        errors.push(`${name}: ${s.variable} is ${s.role}, but its iterations share a variable`);
      else if (shared.length > 0)
        errors.push(
          `${name}: ${s.variable} is ${s.role}, but its iterations share elements of ${shared.join(", ")}`,
        );
    });
  }
  return errors;
}

/** @throws InternalError with all errors; `after` names the stage that ran last. */
export function checkRoles(program: LoopProgram, batchSize: number, after: string): void {
  const errors = verifyRoles(program, batchSize);
  if (errors.length > 0)
    throw new InternalError(
      `after ${after}, loops of ${program.name} have the wrong role:\n  ${errors.join("\n  ")}`,
    );
}

/**
 * The buffers through which iterations depend on each other; undefined if they depend on each other through a
 * variable.
 */
function dependentStores(loop: For, surroundings: Surroundings): readonly string[] | undefined {
  return sharedStores(loop, surroundings)?.filter((name) => {
    const isPrivate =
      surroundings.buffers.get(name)?.region === "temporary" && isStoredFirst(name, loop.body);
    return !isPrivate && !isOnlyAddedTo(name, loop.body);
  });
}

/** Whether the first access to the buffer is a store. */
function isStoredFirst(buffer: string, body: readonly Statement[]): boolean {
  let first: boolean | undefined;
  visitStatements(body, (s) => {
    for (const x of expressionsOf(s))
      visit(x, (part) => {
        if (part.kind === "load" && part.buffer === buffer) first ??= false;
      });
    if (s.kind === "store" && s.buffer === buffer) first ??= true;
  });
  return first === true;
}
