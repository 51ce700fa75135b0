/**
 * Loops over vectors. After the whole vectors, one vector in which only some lanes are active covers the
 * remainder, so no extent needs scalar code.
 */
import { isIndependentInMemory } from "../../loop/dependences.ts";
import {
  binary,
  call,
  integer,
  lanesOf,
  minus,
  number,
  remainder,
  variable,
} from "../../loop/expressions.ts";
import type { Expression, FoldOperator } from "../../loop/expressions.ts";
import { mentions } from "../../loop/accesses.ts";
import { assign, define, expressionsOf, renameVariables, visitStatements } from "../../loop/statements.ts";
import type { For, Statement } from "../../loop/types.ts";
import { copyOf, haveSameForm, jam, startingAt } from "../register-blocking.ts";
import { vectorise } from "./vectorise.ts";
import type { LaneCount, Vectors } from "./vectorise.ts";

/** Makes the statements for adjacent vectors of a loop. Only the last vector may have inactive lanes. */
export type VectorBlock = (vectors: number, last: LaneCount) => readonly Statement[] | undefined;

/**
 * Blocks of vectors: the copies for adjacent vectors, interleaved statement by statement, so that common
 * values are loaded once. If the last vector has a different form (it may store its active lanes one by one,
 * for example), it comes after the others.
 */
export const blocksOf =
  (
    loop: For,
    vectors: Vectors,
    vectorOf: (body: readonly Statement[], last: LaneCount) => readonly Statement[] | undefined,
  ): VectorBlock =>
  (size, last) => {
    const copies: (readonly Statement[])[] = [];
    for (let c = 0; c < size; c++) {
      const body = size === 1 ? loop.body : copyOf(loop.body, loop.variable, c * vectors.lanes, c);
      const copy = vectorOf(body, c === size - 1 ? last : undefined);
      if (copy === undefined) return undefined;
      copies.push(copy);
    }
    const [first, final] = [copies[0], copies[size - 1]];
    return haveSameForm(first, final) ? jam(copies) : [...jam(copies.slice(0, -1)), ...final];
  };

/** Blocks of adjacent vectors of the body. */
export const adjacentVectors = (loop: For, vectors: Vectors): VectorBlock =>
  blocksOf(loop, vectors, (body, last) => vectorise(body, loop.variable, vectors, last));

/**
 * Returns the loop with `size` vectors per iteration. The remainder of a known extent is one smaller block.
 * The remainder of an unknown extent is processed vector by vector. The result is undefined if one iteration
 * accesses what another iteration stores, because the lanes of a vector run at the same time.
 */
export function vectorLoop(
  loop: For,
  size: number,
  block: VectorBlock,
  vectors: Vectors,
): readonly Statement[] | undefined {
  const { to, from } = loop;
  const { lanes } = vectors;
  if (loop.step !== 1 || from.kind !== "number" || from.value !== 0) return undefined;
  if (!isIndependentInMemory(loop, vectors)) return undefined;
  const main = block(size, undefined);
  if (main === undefined) return undefined;
  const width = size * lanes;
  if (to.kind !== "number") {
    const whole = minus(to, remainder(to, width));
    const one = size === 1 ? main : block(1, undefined);
    const wholeVectors = minus(to, remainder(to, lanes));
    const rest = block(1, minus(to, variable(loop.variable, "i32")));
    if (one === undefined || rest === undefined) return undefined;
    return [
      { ...loop, to: whole, step: width, body: main },
      ...(size === 1 ? [] : [{ ...loop, from: whole, to: wholeVectors, step: lanes, body: one }]),
      { ...loop, from: wholeVectors, step: lanes, body: rest },
    ];
  }
  const restOf = to.value % width;
  const whole = to.value - restOf;
  const wholeRuns: readonly Statement[] =
    whole === 0
      ? []
      : whole === width
        ? startingAt(loop, main, 0)
        : [{ ...loop, to: integer(whole), step: width, body: main }];
  if (restOf === 0) return wholeRuns;
  const partial = restOf % lanes;
  const rest = block(Math.ceil(restOf / lanes), partial === 0 ? undefined : integer(partial));
  if (rest === undefined) return undefined;
  return [...wholeRuns, ...startingAt(loop, renamed(rest, whole), whole)];
}

/**
 * Renames the variables of the remainder. A single whole block is not in a loop, so its names and those of
 * the remainder would otherwise be in the same scope.
 */
function renamed(statements: readonly Statement[], mark: number): readonly Statement[] {
  const names = new Map<string, string>();
  visitStatements(statements, (s) => s.kind === "let" && names.set(s.name, `${s.name}~${mark}`));
  return renameVariables(statements, names);
}

/** One step of an accumulator: name = name ⊕ value. */
export interface Accumulation {
  readonly name: string;
  readonly operator: FoldOperator;
  readonly value: Expression;
}

/** The identity element of each operator. */
const identities: Readonly<Record<FoldOperator, number>> = { "+": 0, minimum: Infinity, maximum: -Infinity };

export function accumulationOf(statement: Statement): Accumulation | undefined {
  if (statement.kind !== "assign") return undefined;
  const { name, value } = statement;
  const isSelf = (x: Expression) => x.kind === "variable" && x.name === name;
  const made = (operator: FoldOperator, rest: Expression): Accumulation | undefined =>
    mentions(rest, name) ? undefined : { name, operator, value: rest };
  if (value.kind === "binary" && value.operator === "+") {
    // A sum of several terms has the form (acc + a) + b.
    if (isSelf(value.x)) return made("+", value.y);
    if (
      value.x.kind === "binary" &&
      (value.x.operator === "+" || value.x.operator === "-") &&
      isSelf(value.x.x)
    ) {
      const first =
        value.x.operator === "+" ? value.x.y : { kind: "negate" as const, x: value.x.y, type: value.type };
      return made("+", binary("+", first, value.y));
    }
  }
  if (value.kind === "binary" && value.operator === "-") {
    if (isSelf(value.x)) return made("+", { kind: "negate", x: value.y, type: value.type });
    if (value.x.kind === "binary" && value.x.operator === "+" && isSelf(value.x.x))
      return made("+", binary("-", value.x.y, value.y));
  }
  if (value.kind === "call" && (value.name === "maximum" || value.name === "minimum")) {
    const [x, y] = value.operands;
    if (isSelf(x)) return made(value.name, y);
    if (isSelf(y)) return made(value.name, x);
  }
  return undefined;
}

export const combine = (operator: FoldOperator, x: Expression, y: Expression): Expression =>
  operator === "+" ? binary("+", x, y) : call(operator, [x, y], x.type);

/** The accumulators of a loop as vectors. With four lanes, each lane accumulates every fourth iteration. */
export interface VectorSums {
  /** Defines the vectors before the loop, with the identity in each lane. */
  readonly before: readonly Statement[];
  readonly loops: readonly Statement[];
  /** For each accumulator, its vector and the operator that combines the lanes. */
  readonly sums: ReadonlyMap<string, { readonly vector: Expression; readonly operator: FoldOperator }>;
}

/**
 * The innermost loop of a sum (or maximum), with lanes along the loop variable. Undefined if the loop does
 * more than accumulate and store.
 */
export function vectorSums(loop: For, vectors: Vectors): VectorSums | undefined {
  const { lanes, fresh } = vectors;
  const accumulations = loop.body.flatMap((s) => (s.kind === "assign" ? [accumulationOf(s)] : []));
  const names = new Set<string>();
  for (const accumulation of accumulations) {
    if (accumulation === undefined || names.has(accumulation.name)) return undefined;
    names.add(accumulation.name);
  }
  if (loop.body.some((s) => s.kind === "for")) return undefined;
  const own = new Map(accumulations.flatMap((a) => (a ? [[a.name, { ...a, lanes: fresh(a.name) }]] : [])));
  // The loop must not read an incomplete sum.
  const reads = loop.body.flatMap((s) =>
    s.kind === "assign" ? (own.get(s.name)?.value ?? []) : expressionsOf(s),
  );
  if (reads.some((x) => [...names].some((name) => mentions(x, name)))) return undefined;
  const valueOf = new Map([...own.values()].map((a) => [`${a.lanes}+`, a]));
  const block = (last: LaneCount): readonly Statement[] | undefined => {
    const statements: Statement[] = [];
    // The added values are vectorised first, without the accumulators, which are defined outside of the loop.
    const values = loop.body.map((s): Statement => {
      const accumulation = s.kind === "assign" ? own.get(s.name) : undefined;
      return accumulation === undefined ? s : define(`${accumulation.lanes}+`, accumulation.value);
    });
    const made = vectorise(values, loop.variable, vectors, last);
    if (made === undefined) return undefined;
    for (const s of made) {
      const accumulation = s.kind === "let" ? valueOf.get(s.name) : undefined;
      if (accumulation === undefined || s.kind !== "let") {
        statements.push(s);
        continue;
      }
      const { type } = accumulation.value;
      const vector: Expression = { kind: "variable", name: accumulation.lanes, type, lanes };
      const splatted = lanesOf(s.value) > 1 ? s.value : splat(s.value, lanes);
      const counted =
        last === undefined ? splatted : maskedValue(splatted, accumulation.operator, last, vectors);
      statements.push(assign(accumulation.lanes, combine(accumulation.operator, vector, counted)));
    }
    return statements;
  };
  const loops = vectorLoop(loop, 1, (_, last) => block(last), vectors);
  if (loops === undefined) return undefined;
  const sums = new Map(
    [...own].map(([name, { lanes: vectorName, operator, value }]) => {
      const vector: Expression = { kind: "variable", name: vectorName, type: value.type, lanes };
      return [name, { vector, operator }];
    }),
  );
  const before = [...own.values()].map(({ lanes: name, operator, value: { type } }) =>
    define(name, splat(number(identities[operator], type), lanes), true),
  );
  return { before, loops, sums };
}

const splat = (x: Expression, lanes: number): Expression => ({ kind: "splat", x, lanes, type: x.type });

/** The value in the active lanes, and the identity in the other lanes. */
function maskedValue(
  value: Expression,
  operator: FoldOperator,
  count: Expression,
  { lanes }: Vectors,
): Expression {
  const lane: Expression = { kind: "ramp", x: integer(0), lanes, type: "i32" };
  const limit: Expression = splat(count, lanes);
  const { type } = value;
  return {
    kind: "select",
    condition: binary("<", lane, limit),
    x: value,
    y: splat(number(identities[operator], type), lanes),
    type,
  };
}

/** Returns the loop, followed by the horizontal reduction of each accumulator. */
export function vectorReduction(loop: For, vectors: Vectors): readonly Statement[] | undefined {
  const made = vectorSums(loop, vectors);
  if (made === undefined) return undefined;
  const after = [...made.sums].map(([name, { vector, operator }]) => {
    const folded: Expression = { kind: "fold", operator, x: vector, type: vector.type };
    return assign(name, combine(operator, variable(name, vector.type), folded));
  });
  return [...made.before, ...made.loops, ...after];
}
