/**
 * Purpose   Turn indices into places: one position in memory for each access, with the part that a loop does not change
 *           computed, named, ahead of it (`x_row = x + row · 64`).
 * Requires  kernels with one index an axis; the shapes of buffers.
 * Ensures   every load and store has one index. In elements: an offset from the start of the arena, in which
 *           the offset of the buffer stands as a variable of the buffer's name. In bytes: an offset from the
 *           start of the buffer, since instructions of WebAssembly add the buffer's own at no cost; of scratch
 *           and of what a shared kernel is told, the address, in the same manner as elements.
 * Example   for i: for k: … x[i, k] …   =>   for i: const x_i = x + i · 64 ; for k: … x[x_i + k] …
 */
import {
  add,
  integer,
  keyOf,
  mapChildren,
  minus,
  multiply,
  substitute,
  variable,
  visit,
} from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { bytesOfElement } from "../loop/types.ts";
import type { Buffer, Statement } from "../loop/types.ts";
import { define, expressionsOf, mapExpressions, visitExpressions } from "../loop/statements.ts";
import { defineRequiredKernelStage } from "../stages/loops.ts";
import type { Fresh, KernelStage } from "../stages/loops.ts";
import { positionIn } from "../loop/linear.ts";

/** One scope: a loop, or the kernel itself, with the definitions that it got. */
interface Scope {
  readonly variable: string | undefined;
  /** Variables defined in it, the loop's own included. */
  readonly variables: Set<string>;
  readonly definitions: Map<string, { readonly name: string; readonly value: Expression }>;
}

interface Placer {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly batchSize: number;
  readonly fresh: Fresh;
  /** Buffers of which the kernel is told where they begin. */
  readonly addresses?: readonly string[] | undefined;
  /** `elements`, if it does not say. */
  readonly unit?: PlaceUnit | undefined;
}

type PlaceUnit = "elements" | "bytes";

/** The innermost scope that changes any variable of the expression. */
function depthOf(x: Expression, scopes: readonly Scope[]): number {
  let depth = 0;
  visit(x, (part) => {
    if (part.kind === "load") depth = scopes.length - 1;
    if (part.kind === "variable")
      for (let d = scopes.length - 1; d > depth; d--) if (scopes[d].variables.has(part.name)) depth = d;
  });
  return depth;
}

function position(
  buffer: string,
  at: readonly Expression[],
  scopes: readonly Scope[],
  placer: Placer,
): Expression {
  const facts = placer.buffers.get(buffer);
  if (facts === undefined) throw new Error(`internal: no buffer ${buffer}`);
  const linear = positionIn(facts, at, placer.batchSize);
  const inBytes = placer.unit === "bytes";
  const size = inBytes ? bytesOfElement[facts.element] : 1;
  // Scratch lies elsewhere for each thread, and some buffers for each call: theirs are no offsets that an
  // instruction could hold.
  const isVariable = !inBytes || facts.isScratch === true || placer.addresses?.includes(buffer) === true;
  let place: Expression = isVariable ? variable(buffer, "i32") : integer(0);
  scopes.forEach((scope, depth) => {
    const own = linear.terms.filter(({ part }) => depthOf(part, scopes) === depth);
    if (own.length === 0) return;
    const sum = own.map(({ part, factor }) => multiply(part, integer(factor * size))).reduce(add, place);
    const innermost = depth === scopes.length - 1;
    const multiplies = own.some(({ factor, part }) => factor * size !== 1 || part.kind !== "variable");
    place = innermost && !multiplies ? sum : nameIn(scope, buffer, sum, placer.fresh);
  });
  const constant = linear.constant * size;
  return constant < 0 ? minus(place, integer(-constant)) : add(place, integer(constant));
}

function nameIn(scope: Scope, buffer: string, value: Expression, fresh: Fresh): Expression {
  const key = keyOf(value);
  const known = scope.definitions.get(key);
  if (known !== undefined) return variable(known.name, "i32");
  const name = fresh(scope.variable === undefined ? buffer : `${buffer}@${scope.variable}`);
  scope.definitions.set(key, { name, value });
  return variable(name, "i32");
}

function placeBlock(
  statements: readonly Statement[],
  scopes: readonly Scope[],
  placer: Placer,
): readonly Statement[] {
  const scope = scopes[scopes.length - 1];
  for (const statement of statements) if (statement.kind === "let") scope.variables.add(statement.name);
  const result: Statement[] = [];
  for (const statement of statements) {
    const known = new Set(scope.definitions.keys());
    const placed = placeStatement(statement, scopes, placer);
    for (const [key, { name, value }] of scope.definitions)
      if (!known.has(key)) result.push(define(name, value));
    result.push(placed);
  }
  return inlineLonely(result, new Set([...scope.definitions.values()].map(({ name }) => name)));
}

/** A place that the block itself reads once needs no name; one that an inner loop reads keeps it. */
function inlineLonely(block: readonly Statement[], names: ReadonlySet<string>): readonly Statement[] {
  const uses = new Map<string, number>();
  const count = (weight: number) => (x: Expression) => {
    if (x.kind === "variable" && names.has(x.name)) uses.set(x.name, (uses.get(x.name) ?? 0) + weight);
  };
  for (const statement of block) {
    for (const x of expressionsOf(statement)) visit(x, count(1));
    if (statement.kind === "for") visitExpressions(statement.body, count(2));
  }
  const values = new Map<string, Expression>();
  return block.flatMap((statement) => {
    const current = mapExpressions(statement, (x) => substitute(x, values));
    if (current.kind !== "let" || !names.has(current.name) || uses.get(current.name) !== 1) return [current];
    values.set(current.name, current.value);
    return [];
  });
}

function placeStatement(statement: Statement, scopes: readonly Scope[], placer: Placer): Statement {
  const place = (x: Expression): Expression => {
    const inner = mapChildren(x, place);
    return inner.kind === "load"
      ? { ...inner, at: [position(inner.buffer, inner.at, scopes, placer)] }
      : inner;
  };
  const mapped = mapExpressions(statement, place);
  switch (mapped.kind) {
    case "for": {
      const { variable, body } = mapped;
      const scope: Scope = { variable, variables: new Set([variable]), definitions: new Map() };
      return { ...mapped, body: placeBlock(body, [...scopes, scope], placer) };
    }
    case "store":
      return { ...mapped, at: [position(mapped.buffer, mapped.at, scopes, placer)] };
    default:
      return mapped;
  }
}

const place = (unit: PlaceUnit): KernelStage =>
  defineRequiredKernelStage("compute-addresses", (kernel, { buffers, batchSize, fresh }) => {
    const scope: Scope = { variable: undefined, variables: new Set(), definitions: new Map() };
    const placer = { buffers, batchSize, fresh, unit, addresses: kernel.shared?.addresses };
    return { ...kernel, body: placeBlock(kernel.body, [scope], placer) };
  });

export const computeElementAddresses = place("elements");
export const computeByteAddresses = place("bytes");
