/**
 * Purpose   Compute addresses: turn the indices of each access into one offset in memory, and compute the
 *           loop-invariant part of the offset before the loop, in a variable (`x_row = x + row · 64`).
 * Requires  kernels with one index per axis; the shapes of buffers.
 * Ensures   every load and store has one index. If the unit is elements, the index is an offset from the
 *           start of the arena, and a variable with the buffer's name contains the offset of the buffer. If
 *           the unit is bytes, it is an offset from the start of the buffer, because WebAssembly instructions
 *           add the buffer's offset at no cost. Scratch buffers, and buffers that are arguments of a shared
 *           kernel, are exceptions: their addresses in bytes also include the start of the buffer.
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

/** A loop, or the kernel itself, with the address definitions in its body. */
interface Scope {
  readonly variable: string | undefined;
  /** The variables defined in the scope, including the loop variable. */
  readonly variables: Set<string>;
  readonly definitions: Map<string, { readonly name: string; readonly value: Expression }>;
}

interface AddressContext {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly batchSize: number;
  readonly fresh: Fresh;
  /** The buffers whose start is an argument of the kernel. */
  readonly addresses?: readonly string[] | undefined;
  /** The unit of offsets; `elements` by default. */
  readonly unit?: AddressUnit | undefined;
}

type AddressUnit = "elements" | "bytes";

/** The depth of the innermost scope that changes a variable of the expression. */
function depthOf(x: Expression, scopes: readonly Scope[]): number {
  let depth = 0;
  visit(x, (part) => {
    if (part.kind === "load") depth = scopes.length - 1;
    if (part.kind === "variable")
      for (let d = scopes.length - 1; d > depth; d--) if (scopes[d].variables.has(part.name)) depth = d;
  });
  return depth;
}

function addressOf(
  buffer: string,
  at: readonly Expression[],
  scopes: readonly Scope[],
  context: AddressContext,
): Expression {
  const facts = context.buffers.get(buffer);
  if (facts === undefined) throw new Error(`internal: unknown buffer ${buffer}`);
  const linear = positionIn(facts, at, context.batchSize);
  const inBytes = context.unit === "bytes";
  const size = inBytes ? bytesOfElement[facts.element] : 1;
  // The start of scratch differs between threads, and an argument differs between calls. Neither can be the
  // constant offset of an instruction.
  const isVariable = !inBytes || facts.isScratch === true || context.addresses?.includes(buffer) === true;
  let place: Expression = isVariable ? variable(buffer, "i32") : integer(0);
  scopes.forEach((scope, depth) => {
    const own = linear.terms.filter(({ part }) => depthOf(part, scopes) === depth);
    if (own.length === 0) return;
    const sum = own.map(({ part, factor }) => multiply(part, integer(factor * size))).reduce(add, place);
    const innermost = depth === scopes.length - 1;
    const multiplies = own.some(({ factor, part }) => factor * size !== 1 || part.kind !== "variable");
    place = innermost && !multiplies ? sum : nameIn(scope, buffer, sum, context.fresh);
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

function withAddresses(
  statements: readonly Statement[],
  scopes: readonly Scope[],
  context: AddressContext,
): readonly Statement[] {
  const scope = scopes[scopes.length - 1];
  for (const statement of statements) if (statement.kind === "let") scope.variables.add(statement.name);
  const result: Statement[] = [];
  for (const statement of statements) {
    const known = new Set(scope.definitions.keys());
    const placed = statementWithAddresses(statement, scopes, context);
    for (const [key, { name, value }] of scope.definitions)
      if (!known.has(key)) result.push(define(name, value));
    result.push(placed);
  }
  return inlineSingleReads(result, new Set([...scope.definitions.values()].map(({ name }) => name)));
}

/**
 * Inlines an address if only one expression directly in the block reads it. An address that an inner loop
 * reads keeps its name.
 */
function inlineSingleReads(block: readonly Statement[], names: ReadonlySet<string>): readonly Statement[] {
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

function statementWithAddresses(
  statement: Statement,
  scopes: readonly Scope[],
  context: AddressContext,
): Statement {
  // Rebuilding 0 + x[i] returns the load itself, whose index is already an address.
  const place = (x: Expression): Expression =>
    x.kind === "load"
      ? { ...x, at: [addressOf(x.buffer, x.at.map(place), scopes, context)] }
      : mapChildren(x, place);
  const mapped = mapExpressions(statement, place);
  switch (mapped.kind) {
    case "for": {
      const { variable, body } = mapped;
      const scope: Scope = { variable, variables: new Set([variable]), definitions: new Map() };
      return { ...mapped, body: withAddresses(body, [...scopes, scope], context) };
    }
    case "store":
      return { ...mapped, at: [addressOf(mapped.buffer, mapped.at, scopes, context)] };
    default:
      return mapped;
  }
}

const place = (unit: AddressUnit): KernelStage =>
  defineRequiredKernelStage("compute-addresses", (kernel, { buffers, batchSize, fresh }) => {
    const scope: Scope = { variable: undefined, variables: new Set(), definitions: new Map() };
    const context = { buffers, batchSize, fresh, unit, addresses: kernel.shared?.addresses };
    return { ...kernel, body: withAddresses(kernel.body, [scope], context) };
  });

export const computeElementAddresses = place("elements");
export const computeByteAddresses = place("bytes");
