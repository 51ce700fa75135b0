/**
 * The interpreter of loop programs. It executes statement by statement on plain arrays and is deliberately slow
 * and direct. Tests compare every loop stage and the output of every target with it; the interpreter of graphs
 * defines the expected result.
 *
 * Like the TypeScript target it computes in doubles and rounds at stores: f32 by `Math.fround`, i32 by
 * truncation. It reads programs before and after the stage `compute-addresses`: a single index into a tensor of
 * several axes is an offset. The base offset of every buffer, the variable with the buffer's name, is 0,
 * because every buffer is an array of its own. An offset outside of its buffer, which compiled code would read
 * without an error, is an error here. Lanes of a vector may be read outside, but not stored.
 */
import { invariant } from "../diagnostics/errors.ts";
import { sizeOf } from "../ir/types.ts";
import {
  allocateScratch,
  arrayOf,
  checkIndices,
  checkOffset,
  lanesOfValue,
  offsetOf,
  rowsOf,
  scalarOf,
  stored,
  valueOf,
} from "./evaluate-expressions.ts";
import type { LoopMemory, Sizes, State, Value } from "./evaluate-expressions.ts";
import { rowsVariable } from "./expressions.ts";
import type { LoopProgram, Statement } from "./types.ts";

/**
 * Runs the kernels in order for a batch of `rows` rows, reading and writing `memory`. Scratch buffers need not
 * be in it.
 *
 * @throws InternalError for an unknown buffer or variable, for an offset outside of its buffer, and for
 * operands with different numbers of lanes.
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
  invariant(count <= lanes.length, `${count} of ${lanes.length} lanes are stored to ${buffer.name}`);
  if (count <= 0) return;
  const indices = statement.at.map((index) => scalarOf(index, state));
  checkIndices(buffer, indices, state.sizes);
  const start = offsetOf(buffer, indices, state.sizes);
  // The indices of the other lanes are not checked, so this checks that no lane is stored to a missing row.
  const isVector = typeof value !== "number" && buffer.shape[0] === "n";
  const end = sizeOf(buffer.shape, isVector ? rowsOf(state.sizes) : state.sizes.batchSize);
  lanes.slice(0, count).forEach((lane, offset) => {
    checkOffset(buffer.name, start + offset, Math.min(end, array.length));
    array[start + offset] = stored(lane, buffer.element);
  });
}
