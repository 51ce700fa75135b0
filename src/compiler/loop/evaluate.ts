/**
 * The interpreter of loop programs. It executes one statement after the other on plain arrays and is slow but
 * simple. Tests compare every loop stage and the output of every target with it. The expected result of a
 * model, in contrast, is defined by the interpreter of graphs.
 *
 * Like the TypeScript target, it computes in doubles and rounds at stores: f32 by `Math.fround`, i32 by
 * truncation.
 *
 * It runs programs from before and from after the stage `compute-addresses`: a single index into a tensor of
 * several axes is an offset. A variable with the name of a buffer is the base offset of that buffer. Here it
 * is always 0, because every buffer has its own array. An offset outside of its buffer is an error here;
 * compiled code would silently access other memory. Lanes of a vector may be loaded from outside a buffer,
 * but not stored there.
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
 * Runs the kernels in order for a batch of `rows` rows. It reads and writes `memory`, which need not contain
 * scratch buffers.
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
  invariant(count <= lanes.length, () => `${count} of ${lanes.length} lanes are stored to ${buffer.name}`);
  if (count <= 0) return;
  const indices = statement.at.map((index) => scalarOf(index, state));
  checkIndices(buffer, indices, state.sizes);
  const start = offsetOf(buffer, indices, state.sizes);
  // `checkIndices` checks only the first lane. With `end`, `checkOffset` rejects lanes in rows after the last
  // one.
  const isVector = typeof value !== "number" && buffer.shape[0] === "n";
  const end = sizeOf(buffer.shape, isVector ? rowsOf(state.sizes) : state.sizes.batchSize);
  lanes.slice(0, count).forEach((lane, offset) => {
    checkOffset(buffer.name, start + offset, Math.min(end, array.length));
    array[start + offset] = stored(lane, buffer.element);
  });
}
