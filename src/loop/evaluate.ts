/**
 * The interpreter of loop programs: statement by statement over plain arrays, as slow and obvious as can be. Tests hold
 * every loop stage, and what targets print, against it; the graph's own interpreter says what the result should be.
 *
 * Like the TypeScript target it computes in doubles and rounds where it stores: f32 by `Math.fround`, i32 by truncation.
 * It reads programs before and after `placeAccesses`: a single index into a tensor of several axes is a place, in which
 * the variable of the buffer's name, the offset, is 0, since every buffer is an array of its own. A place outside of its
 * buffer, which compiled code would read in silence, is an error here.
 */
import { InternalError, invariant } from "../diagnostics/errors.ts";
import type { ElementType } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import { erf } from "../runtime/error-function.ts";
import { sigmoid } from "../runtime/exponential.ts";
import { randomKey, randomUnit } from "../runtime/random.ts";
import { rowsVariable } from "./expressions.ts";
import type { BinaryOperator, Expression, FunctionName } from "./expressions.ts";
import type { Buffer, LoopProgram, Statement } from "./types.ts";

/** The elements of each buffer by its name, row-major, with room for a full batch. */
export type LoopMemory = ReadonlyMap<string, Float64Array | Int32Array>;

const functions: { readonly [K in FunctionName]: (...operands: number[]) => number } = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  round: Math.fround,
  tanh: Math.tanh,
  sigmoid,
  erf,
  cos: Math.cos,
  sin: Math.sin,
  absolute: Math.abs,
  sign: Math.sign,
  power: Math.pow,
  minimum: Math.min,
  maximum: Math.max,
  randomKey,
  randomUnit,
};

/** A comparison gives 1 or 0. */
const operators: { readonly [K in BinaryOperator]: (x: number, y: number) => number } = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "/": (x, y) => x / y,
  quotient: (x, y) => Math.trunc(x / y),
  remainder: (x, y) => x % y,
  "<": (x, y) => Number(x < y),
  "<=": (x, y) => Number(x <= y),
  "==": (x, y) => Number(x === y),
  and: (x, y) => Number(x !== 0 && y !== 0),
};

/** Zeros for every buffer. A buffer that covers others is one array, of which they are the parts. */
export function allocateBuffers(buffers: ReadonlyMap<string, Buffer>, batchSize: number): LoopMemory {
  const memory = new Map<string, Float64Array | Int32Array>();
  for (const [name, { element, shape }] of buffers) {
    const size = sizeOf(shape, batchSize);
    memory.set(name, element === "i32" ? new Int32Array(size) : new Float64Array(size));
  }
  for (const [name, { covers }] of buffers) {
    const whole = memory.get(name);
    let start = 0;
    for (const part of covers ?? []) {
      const size = memory.get(part)?.length ?? 0;
      if (whole !== undefined) memory.set(part, whole.subarray(start, start + size));
      start += size;
    }
  }
  return memory;
}

/**
 * Runs the kernels in order for a batch of `rows` rows, reading and writing `memory`.
 *
 * @throws InternalError for a buffer or variable that is not there, and for a place outside of its buffer.
 */
export function evaluateProgram(
  program: LoopProgram,
  memory: LoopMemory,
  { rows, batchSize }: { readonly rows: number; readonly batchSize: number },
): void {
  for (const kernel of program.kernels) {
    const variables = new Map<string, number>([...program.buffers.keys()].map((name) => [name, 0]));
    variables.set(rowsVariable, rows);
    runBlock(kernel.body, { program, memory, rows, batchSize, variables });
  }
}

interface State {
  readonly program: LoopProgram;
  readonly memory: LoopMemory;
  readonly rows: number;
  readonly batchSize: number;
  readonly variables: Map<string, number>;
}

function runBlock(statements: readonly Statement[], state: State): void {
  for (const statement of statements) {
    switch (statement.kind) {
      case "let":
      case "assign":
        state.variables.set(statement.name, valueOf(statement.value, state));
        break;
      case "store": {
        const { array, place, element } = locate(statement.buffer, statement.at, state);
        array[place] = stored(valueOf(statement.value, state), element);
        break;
      }
      case "for": {
        const to = valueOf(statement.to, state);
        for (let i = valueOf(statement.from, state); i < to; i += statement.step) {
          state.variables.set(statement.variable, i);
          runBlock(statement.body, state);
        }
      }
    }
  }
}

const stored = (value: number, element: ElementType): number =>
  element === "f32" ? Math.fround(value) : element === "i32" ? Math.trunc(value) : value;

function valueOf(x: Expression, state: State): number {
  switch (x.kind) {
    case "number":
      return x.value;
    case "variable": {
      const value = state.variables.get(x.name);
      invariant(value !== undefined, `${x.name} is read before it is defined`);
      return value;
    }
    case "load": {
      const { array, place } = locate(x.buffer, x.at, state);
      return array[place];
    }
    case "negate":
      return -valueOf(x.x, state);
    case "binary":
      return operators[x.operator](valueOf(x.x, state), valueOf(x.y, state));
    case "call":
      return functions[x.name](...x.operands.map((operand) => valueOf(operand, state)));
    case "select":
      // The branch not taken may name a place outside: it must not be looked at.
      return valueOf(valueOf(x.condition, state) !== 0 ? x.x : x.y, state);
    case "convert":
      return converted(valueOf(x.x, state), x.type);
    default:
      throw new InternalError(`the interpreter of loops knows no ${x.kind}`);
  }
}

const converted = (value: number, to: ElementType): number =>
  to === "bool" ? Number(value !== 0) : to === "i32" ? Math.trunc(value) : value;

function locate(name: string, at: readonly Expression[], state: State) {
  const buffer = state.program.buffers.get(name);
  const array = state.memory.get(name);
  invariant(buffer !== undefined && array !== undefined, `there is no buffer ${name}`);
  const { shape, element } = buffer;
  const indices = at.map((index) => valueOf(index, state));
  let place = 0;
  if (indices.length === 1 && shape.length !== 1) [place] = indices;
  else
    shape.forEach((dimension, axis) => {
      const extent = dimension === "n" ? state.batchSize : dimension;
      const inside = indices[axis] >= 0 && indices[axis] < (dimension === "n" ? state.rows : dimension);
      invariant(inside, `${name}[${indices.join(", ")}] is outside of [${shape.join(", ")}]`);
      place = place * extent + indices[axis];
    });
  invariant(
    place >= 0 && place < array.length,
    `${name} at ${place} is outside of its ${array.length} elements`,
  );
  return { array, place, element };
}
