/**
 * The interpreter of loop programs: statement by statement over plain arrays, as slow and obvious as can be. Tests hold
 * every loop stage, and what targets print, against it; the graph's own interpreter says what the result should be.
 *
 * Like the TypeScript target it computes in doubles and rounds where it stores: f32 by `Math.fround`, i32 by
 * truncation. It reads programs before and after the stage `compute-addresses`: a single index into a tensor of several
 * axes is a place, in which the variable of the buffer's name, the offset, is 0, since every buffer is an
 * array of its own. A place outside of its buffer, which compiled code would read in silence, is an error
 * here; lanes of a vector may be read there, not stored.
 */
import { invariant } from "../diagnostics/errors.ts";
import { sizeOf } from "../ir/types.ts";
import {
  allocateScratch,
  arrayOf,
  checkIndices,
  checkPlace,
  lanesOfValue,
  placeOf,
  rowsOf,
  scalarOf,
  stored,
  valueOf,
} from "./evaluate-expressions.ts";
import type { LoopMemory, Sizes, State, Value } from "./evaluate-expressions.ts";
import { rowsVariable } from "./expressions.ts";
import type { LoopProgram, Statement } from "./types.ts";

/**
 * Runs the kernels in order for a batch of `rows` rows, reading and writing `memory`. Scratch buffers need
 * not be in it.
 *
 * @throws InternalError for a buffer or variable that is not there, for a place outside of its buffer, and for operands
 * of unequally many lanes.
 */
export function evaluateProgram(program: LoopProgram, memory: LoopMemory, sizes: Sizes): void {
  for (const kernel of program.kernels) {
    const variables = new Map<string, Value>([...program.buffers.keys()].map((name) => [name, 0]));
    variables.set(rowsVariable, sizes.rows);
    const scratch = allocateScratch(program.buffers, sizes.batchSize);
    const seen = scratch.length === 0 ? memory : new Map([...memory, ...scratch]);
    runBlock(kernel.body, { program, memory: seen, sizes, variables });
  }
}

function runBlock(statements: readonly Statement[], state: State): void {
  for (const statement of statements) {
    switch (statement.kind) {
      case "let":
      case "assign":
        state.variables.set(statement.name, valueOf(statement.value, state));
        break;
      case "store":
        runStore(statement, state);
        break;
      case "for": {
        const to = scalarOf(statement.to, state);
        for (let i = scalarOf(statement.from, state); i < to; i += statement.step) {
          state.variables.set(statement.variable, i);
          runBlock(statement.body, state);
        }
      }
    }
  }
}

function runStore(statement: Extract<Statement, { kind: "store" }>, state: State): void {
  const { array, buffer } = arrayOf(statement.buffer, state);
  const value = valueOf(statement.value, state);
  const lanes = lanesOfValue(value);
  const count = statement.count === undefined ? lanes.length : scalarOf(statement.count, state);
  invariant(count <= lanes.length, `${count} of ${lanes.length} lanes go to ${buffer.name}`);
  if (count <= 0) return;
  const indices = statement.at.map((index) => scalarOf(index, state));
  checkIndices(buffer, indices, state.sizes);
  const place = placeOf(buffer, indices, state.sizes);
  // The lanes behind the first have no indices to check: none may reach a row that is not there.
  const isVector = typeof value !== "number" && buffer.shape[0] === "n";
  const end = sizeOf(buffer.shape, isVector ? rowsOf(state.sizes) : state.sizes.batchSize);
  lanes.slice(0, count).forEach((lane, offset) => {
    checkPlace(buffer.name, place + offset, Math.min(end, array.length));
    array[place + offset] = stored(lane, buffer.element);
  });
}
