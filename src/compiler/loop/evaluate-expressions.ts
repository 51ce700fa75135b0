/**
 * What expressions are worth to the interpreter: a number, or of a vector the numbers in its lanes.
 * Operations work lane by lane on equally many lanes. A lane that is loaded from outside of its buffer is
 * not-a-number; whatever becomes of it must not be stored where anybody looks.
 */
import { invariant } from "../diagnostics/errors.ts";
import type { ElementType } from "../ir/types.ts";
import { randomKey, randomUnit } from "../../runtime/numbers/random.ts";
import { doubleFunctions } from "./double-functions.ts";
import { checkIndices, placeOf } from "./evaluate-memory.ts";
import type { LoopMemory, Sizes } from "./evaluate-memory.ts";
import type { BinaryOperator, Expression, FoldOperator, FunctionName } from "./expressions.ts";
import type { Buffer, LoopProgram } from "./types.ts";

/** A scalar, or the lanes of a vector. */
export type Value = number | readonly number[];

export interface State {
  readonly program: LoopProgram;
  readonly memory: LoopMemory;
  readonly sizes: Sizes;
  readonly variables: Map<string, Value>;
  /** Within a branch of a select by lanes: what it loads from outside, no lane takes. */
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

/** From the first lane to the last; targets pair lanes otherwise, which rounding alone tells. */
const folds: { readonly [K in FoldOperator]: (x: number, y: number) => number } = {
  "+": operators["+"],
  // As functions of two: what folds an array hands on more.
  minimum: (x, y) => Math.min(x, y),
  maximum: (x, y) => Math.max(x, y),
};

const converted = (value: number, to: ElementType): number =>
  to === "bool" ? Number(value !== 0) : to === "i32" ? Math.trunc(value) : value;

export const lanesOfValue = (value: Value): readonly number[] =>
  typeof value === "number" ? [value] : value;

/** f on numbers, or lane by lane. */
function eachLane(f: (...operands: number[]) => number, ...operands: readonly Value[]): Value {
  const [first] = operands;
  const lanes = typeof first === "number" ? undefined : first.length;
  const isEqual = operands.every((x) => (typeof x === "number" ? undefined : x.length) === lanes);
  invariant(isEqual, `operands of ${operands.map((x) => lanesOfValue(x).length).join(" and ")} lanes`);
  if (lanes === undefined) return f(...operands.flatMap(lanesOfValue));
  const columns = operands.map(lanesOfValue);
  return Array.from({ length: lanes }, (_, lane) => f(...columns.map((column) => column[lane])));
}

/** What must be one number: an index, a bound, what stands in every lane. */
export function scalarOf(x: Expression, state: State): number {
  const value = valueOf(x, state);
  invariant(typeof value === "number", "a vector stands where a scalar must be");
  return value;
}

export function valueOf(x: Expression, state: State): Value {
  switch (x.kind) {
    case "number":
      return x.value;
    case "variable": {
      const value = state.variables.get(x.name);
      invariant(value !== undefined, `${x.name} is read before it is defined`);
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
      invariant(value !== undefined, `there is no lane ${x.index}`);
      return value;
    }
  }
}

function selected(x: Extract<Expression, { kind: "select" }>, state: State): Value {
  const condition = valueOf(x.condition, state);
  // The branch not taken may name a place outside: it must not be looked at.
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
  const place = placeOf(buffer, indices, state.sizes);
  if (!isSafe) checkPlace(x.buffer, place, array.length);
  const { lanes, stride = 1 } = x;
  if (lanes === undefined) return array[place] ?? NaN;
  return Array.from({ length: lanes }, (_, lane) => array[place + lane * stride] ?? NaN);
}

/** @throws InternalError for a place outside of the buffer's elements. */
export const checkPlace = (name: string, place: number, length: number): void =>
  invariant(place >= 0 && place < length, `${name} at ${place} is outside of its ${length} elements`);

export function arrayOf(
  name: string,
  { program, memory }: State,
): { readonly array: Float64Array | Int32Array; readonly buffer: Buffer } {
  const buffer = program.buffers.get(name);
  const array = memory.get(name);
  invariant(buffer !== undefined && array !== undefined, `there is no buffer ${name}`);
  return { array, buffer };
}
