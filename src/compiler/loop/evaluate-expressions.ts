/** Evaluates expressions for the interpreter of loop programs, and provides its memory. */
import * as errorFunction from "../../runtime/numbers/error-function.ts";
import * as exponential from "../../runtime/numbers/exponential.ts";
import * as logarithm from "../../runtime/numbers/logarithm.ts";
import { randomKey, randomUnit } from "../../runtime/numbers/random.ts";
import * as trigonometric from "../../runtime/numbers/trigonometric.ts";
import { invariant } from "../diagnostics/errors.ts";
import type { ElementaryName } from "../ir/nodes.ts";
import { sizeOf } from "../ir/types.ts";
import type { ElementType } from "../ir/types.ts";
import type { BinaryOperator, Expression, FoldOperator, FunctionName } from "./expressions.ts";
import { bytesOfElement } from "./types.ts";
import type { Buffer, LoopProgram, PlannedProgram } from "./types.ts";

// The functions of `runtime/numbers/` that compute in doubles, by name. The loop interpreter calls them, and
// WebAssembly modules import them. The table contains all functions of the imported files; TypeScript reports
// a missing one.

type OfOne = (x: number) => number;

export const doubleFunctions: { readonly [K in ElementaryName]: OfOne } & {
  readonly power: (x: number, y: number) => number;
} = {
  ...errorFunction,
  ...exponential,
  ...logarithm,
  ...trigonometric,
};

// The memory of the interpreter: an array for each buffer, and the offset of an access in it.

/** The elements of each buffer, by buffer name, row-major. Each array has room for a full batch. */
export type LoopMemory = ReadonlyMap<string, Float64Array | Int32Array>;

export interface Sizes {
  readonly rows: number;
  readonly batchSize: number;
  /** Whether offsets are in bytes, as in the WebAssembly target, instead of elements. */
  readonly inBytes?: boolean | undefined;
  /**
   * Whether kernels may access the rows between the end of a smaller batch and the full batch size. The last
   * tile of a loop may extend into them.
   */
  readonly mayOverrun?: boolean | undefined;
}

const arrayFor = ({ element, shape }: Buffer, batchSize: number): Float64Array | Int32Array => {
  const size = sizeOf(shape, batchSize);
  return element === "i32" ? new Int32Array(size) : new Float64Array(size);
};

/**
 * Allocates every buffer, filled with zeros. A buffer that covers others is one array, and the others are
 * views of it.
 */
export function allocateBuffers(buffers: ReadonlyMap<string, Buffer>, batchSize: number): LoopMemory {
  const memory = new Map<string, Float64Array | Int32Array>();
  for (const [name, buffer] of buffers) memory.set(name, arrayFor(buffer, batchSize));
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
 * The buffers of a planned program, placed at the offsets of its plan, so that they share memory as in a
 * target. Only f64 programs are supported, because the interpreter computes in doubles.
 */
export function arenaMemory({ name, buffers, plan }: PlannedProgram): LoopMemory {
  const bytes = new ArrayBuffer(Math.ceil(plan.bytes / 8) * 8);
  const memory = new Map<string, Float64Array | Int32Array>();
  for (const buffer of buffers.keys()) {
    const placement = plan.storage.get(buffer) ?? plan.temporaries.get(name)?.get(buffer);
    if (placement === undefined) continue;
    const { element } = placement.buffer;
    invariant(element !== "f32", `the elements of ${buffer} must be doubles`);
    const Elements = element === "i32" ? Int32Array : Float64Array;
    const length = placement.bytes / bytesOfElement[element];
    memory.set(buffer, new Elements(bytes, placement.offset, length));
  }
  return memory;
}

/**
 * Allocates scratch memory. Its content is undefined until the kernel stores it, so it is filled with NaN, or
 * with an integer that is never a valid index.
 */
export function allocateScratch(
  buffers: ReadonlyMap<string, Buffer>,
  batchSize: number,
): readonly (readonly [string, Float64Array | Int32Array])[] {
  const scratch = [...buffers.values()].filter(({ isScratch }) => isScratch);
  return scratch.map((buffer) => {
    const array = arrayFor(buffer, batchSize);
    return [buffer.name, array instanceof Int32Array ? array.fill(-1e9) : array.fill(NaN)];
  });
}

/** Whether a single index is an offset into the buffer instead of the index along its only axis. */
const isOffset = ({ shape }: Buffer, indices: readonly number[], { inBytes }: Sizes): boolean =>
  inBytes === true || (indices.length === 1 && shape.length !== 1);

/** The offset of an element from the start of its buffer, in elements. It may be outside of the buffer. */
export function offsetOf(buffer: Buffer, indices: readonly number[], sizes: Sizes): number {
  const { name, shape, element } = buffer;
  if (isOffset(buffer, indices, sizes)) {
    const offset = indices[0] / (sizes.inBytes ? bytesOfElement[element] : 1);
    invariant(Number.isInteger(offset), () => `${name} at byte ${indices[0]} is between two elements`);
    return offset;
  }
  return shape.reduce<number>((offset, dimension, axis) => {
    const extent = dimension === "n" ? sizes.batchSize : dimension;
    return offset * extent + indices[axis];
  }, 0);
}

/** The number of rows that kernels may access. */
export const rowsOf = ({ rows, batchSize, mayOverrun }: Sizes): number => (mayOverrun ? batchSize : rows);

/** @throws InternalError if an index is outside of its axis. */
export function checkIndices(buffer: Buffer, indices: readonly number[], sizes: Sizes): void {
  const { name, shape } = buffer;
  if (isOffset(buffer, indices, sizes)) return;
  const isInside = shape.every((dimension, axis) => {
    const extent = dimension === "n" ? rowsOf(sizes) : dimension;
    return indices[axis] >= 0 && indices[axis] < extent;
  });
  invariant(isInside, () => `${name}[${indices.join(", ")}] is outside of [${shape.join(", ")}]`);
}

/** Rounds a number as a store to an element of this type does. */
export const stored = (value: number, element: ElementType): number =>
  element === "f32" ? Math.fround(value) : element === "i32" ? Math.trunc(value) : value;

// The value of an expression: a number, or the numbers in the lanes of a vector. Operations work lane by
// lane, on operands with the same number of lanes. A lane loaded from outside its buffer is NaN. A result
// that is computed from such a lane must not be stored to an element that the program reads.

/** A scalar, or the lanes of a vector. */
export type Value = number | readonly number[];

export interface State {
  readonly program: LoopProgram;
  readonly memory: LoopMemory;
  readonly sizes: Sizes;
  readonly variables: Map<string, Value>;
  /**
   * Whether the expression is a branch of a select between vectors. Lanes that the select discards may be
   * loaded from outside a buffer.
   */
  readonly isSpeculative?: boolean;
}

const functions: { readonly [K in FunctionName]: (...operands: number[]) => number } = {
  ...doubleFunctions,
  sqrt: Math.sqrt,
  round: Math.fround,
  absolute: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  minimum: Math.min,
  maximum: Math.max,
  randomKey,
  randomUnit,
};

/** A comparison returns 1 or 0. */
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

/**
 * Lanes are combined from the first to the last. Targets use a different order, which changes only the
 * rounding.
 */
const folds: { readonly [K in FoldOperator]: (x: number, y: number) => number } = {
  "+": operators["+"],
  // These wrappers take two operands, because `reduce` passes more than two arguments.
  minimum: (x, y) => Math.min(x, y),
  maximum: (x, y) => Math.max(x, y),
};

const converted = (value: number, to: ElementType): number =>
  to === "bool" ? Number(value !== 0) : to === "i32" ? Math.trunc(value) : value;

export const lanesOfValue = (value: Value): readonly number[] =>
  typeof value === "number" ? [value] : value;

/** Applies f to numbers, or to each lane of vectors. */
function eachLane(f: (...operands: number[]) => number, ...operands: readonly Value[]): Value {
  if (operands.every((x) => typeof x === "number")) return f(...operands);
  const columns = operands.map(lanesOfValue);
  const [{ length: lanes }] = columns;
  const isEqual = operands.every((x) => typeof x !== "number" && x.length === lanes);
  invariant(isEqual, () => `operands of ${columns.map(({ length }) => length).join(" and ")} lanes`);
  return Array.from({ length: lanes }, (_, lane) => f(...columns.map((column) => column[lane])));
}

/** The value of an expression that must be one number: an index, a bound, or the operand of a splat. */
export function scalarOf(x: Expression, state: State): number {
  const value = valueOf(x, state);
  invariant(typeof value === "number", "expected a scalar, found a vector");
  return value;
}

export function valueOf(x: Expression, state: State): Value {
  switch (x.kind) {
    case "number":
      return x.value;
    case "variable": {
      const value = state.variables.get(x.name);
      invariant(value !== undefined, () => `${x.name} is read before it is defined`);
      return value;
    }
    case "load":
      return loaded(x, state);
    case "negate":
      return eachLane((value) => -value, valueOf(x.x, state));
    case "binary":
      return eachLane(operators[x.operator], valueOf(x.x, state), valueOf(x.y, state));
    case "call":
      return eachLane(functions[x.name], ...x.operands.map((operand) => valueOf(operand, state)));
    case "select":
      return selected(x, state);
    case "convert":
      return eachLane((value) => converted(value, x.type), valueOf(x.x, state));
    case "splat":
      return new Array<number>(x.lanes).fill(scalarOf(x.x, state));
    case "ramp": {
      const first = scalarOf(x.x, state);
      return Array.from({ length: x.lanes }, (_, lane) => first + lane);
    }
    case "gather":
      return x.elements.map((element) => scalarOf(element, state));
    case "fold":
      return lanesOfValue(valueOf(x.x, state)).reduce(folds[x.operator]);
    case "sums":
      return x.vectors.map((vector) => lanesOfValue(valueOf(vector, state)).reduce(folds["+"]));
    case "lane": {
      const value = lanesOfValue(valueOf(x.x, state))[x.index];
      invariant(value !== undefined, `unknown lane ${x.index}`);
      return value;
    }
  }
}

function selected(x: Extract<Expression, { kind: "select" }>, state: State): Value {
  const condition = valueOf(x.condition, state);
  // Only the branch that is taken is evaluated, because the other one may access an element outside of its
  // buffer.
  if (typeof condition === "number") return valueOf(condition !== 0 ? x.x : x.y, state);
  const both: State = { ...state, isSpeculative: true };
  return eachLane(
    (c, taken, other) => (c !== 0 ? taken : other),
    condition,
    valueOf(x.x, both),
    valueOf(x.y, both),
  );
}

function loaded(x: Extract<Expression, { kind: "load" }>, state: State): Value {
  const { array, buffer } = arrayOf(x.buffer, state);
  const indices = x.at.map((index) => scalarOf(index, state));
  const isSafe = x.lanes !== undefined || state.isSpeculative === true;
  if (!isSafe) checkIndices(buffer, indices, state.sizes);
  const offset = offsetOf(buffer, indices, state.sizes);
  if (!isSafe) checkOffset(x.buffer, offset, array.length);
  const { lanes, stride = 1 } = x;
  if (lanes === undefined) return array[offset] ?? NaN;
  return Array.from({ length: lanes }, (_, lane) => array[offset + lane * stride] ?? NaN);
}

/** @throws InternalError if the offset is outside of the buffer. */
export const checkOffset = (name: string, offset: number, length: number): void =>
  invariant(
    offset >= 0 && offset < length,
    () => `${name} at ${offset} is outside of its ${length} elements`,
  );

export function arrayOf(
  name: string,
  { program, memory }: State,
): { readonly array: Float64Array | Int32Array; readonly buffer: Buffer } {
  const buffer = program.buffers.get(name);
  const array = memory.get(name);
  invariant(buffer !== undefined && array !== undefined, () => `unknown buffer ${name}`);
  return { array, buffer };
}
