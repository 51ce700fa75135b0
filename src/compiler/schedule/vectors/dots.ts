/**
 * Purpose   Compute a contraction with lanes along the sum. A block computes one column per lane of a vector.
 *           Each column has a vector of partial sums; after the loop, these vectors are reduced to one vector
 *           of sums.
 * Requires  the innermost output loop of a nest; sums that start at a number.
 * Ensures   operands with adjacent elements along the sum are read directly, so a transposed operand needs no
 *           copy. The statements after the sums use vectors along the columns.
 * Example   for v: sum = 0 ; for k: sum += x[k] · w[v, k] ; y[v] = sum
 *           =>  for k step 4: s0 += x[k ..+4] · w[v, k ..+4] ; s1 += x[k ..+4] · w[v + 1, k ..+4] ; …
 *               y[v ..+4] = sums(s0, s1, s2, s3)
 */
import { binary, number } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { define, visitExpressions, visitStatements } from "../../loop/statements.ts";
import type { For, Statement } from "../../loop/types.ts";
import { copyOf, jam } from "../register-blocking.ts";
import { blocksOf, vectorSums } from "./vector-loops.ts";
import type { VectorBlock } from "./vector-loops.ts";
import { varyingIn, vectorise } from "./vectorise.ts";
import type { LaneCount, Vectors } from "./vectorise.ts";

/** Computes blocks of `lanes` columns as dot products. */
export const dotProducts = (columns: For, vectors: Vectors): VectorBlock =>
  blocksOf(columns, vectors, (body, last) => columnsOf({ ...columns, body }, vectors, last));

function columnsOf(columns: For, vectors: Vectors, last: LaneCount): readonly Statement[] | undefined {
  const { lanes } = vectors;
  if (last !== undefined && last.kind !== "number") return undefined;
  const live = last === undefined ? lanes : last.value;
  const sums = sumsOf(columns.body);
  const others = [...varyingIn(columns.body, [columns.variable, ...sums.keys()])];
  const result: Statement[] = [];
  for (const statement of columns.body) {
    if (statement.kind === "let" && sums.has(statement.name)) continue;
    if (statement.kind !== "for") {
      const made = vectorise([statement], columns.variable, vectors, last, others);
      if (made === undefined) return undefined;
      result.push(...made);
      continue;
    }
    const made = dotNest(statement, columns, sums, live, vectors);
    if (made === undefined) return undefined;
    result.push(...made);
  }
  return result;
}

/** The accumulators of a body, with their initial values. */
function sumsOf(body: readonly Statement[]): ReadonlyMap<string, number> {
  const assigned = new Set<string>();
  for (const statement of body)
    if (statement.kind === "for")
      visitStatements(statement.body, (s) => s.kind === "assign" && assigned.add(s.name));
  return new Map(
    body.flatMap((s): [string, number][] =>
      s.kind === "let" && assigned.has(s.name) && s.value.kind === "number" ? [[s.name, s.value.value]] : [],
    ),
  );
}

/**
 * Interleaves copies of the sum's loops, one for each active column. Each sum becomes a vector along the
 * columns.
 */
function dotNest(
  nest: For,
  columns: For,
  sums: ReadonlyMap<string, number>,
  live: number,
  vectors: Vectors,
): readonly Statement[] | undefined {
  if (readsBlock(nest, columns)) return undefined;
  const before: Statement[] = [];
  const copies: (readonly Statement[])[] = [];
  const partial = new Map<string, Expression[]>();
  for (let lane = 0; lane < live; lane++) {
    const [copy] = copyOf([nest], columns.variable, lane, lane);
    const made = copy.kind === "for" ? alongSum(copy, vectors) : undefined;
    if (made === undefined) return undefined;
    before.push(...made.before);
    copies.push(made.loops);
    for (const [name, { vector, operator }] of made.sums) {
      if (operator !== "+" || !sums.has(name)) return undefined;
      partial.set(name, [...(partial.get(name) ?? []), vector]);
    }
  }
  const after = [...partial].map(([name, own]) => {
    const { type } = own[0];
    const padded = Array.from({ length: vectors.lanes }, (_, lane) => own[Math.min(lane, live - 1)]);
    const total: Expression = { kind: "sums", vectors: padded, type };
    const start = sums.get(name) ?? 0;
    const splat: Expression = { kind: "splat", x: number(start, type), lanes: vectors.lanes, type };
    return define(name, start === 0 ? total : binary("+", splat, total));
  });
  return [...before, ...jam(copies), ...after];
}

/**
 * Whether the sum's loops read a value that the block computes for each column. Such a value would be a
 * vector, but these loops need a scalar.
 */
function readsBlock(nest: For, columns: For): boolean {
  const own = new Set<string>();
  for (const s of columns.body) if (s.kind === "let" && !s.mutable) own.add(s.name);
  let reads = false;
  visitExpressions(nest.body, (x) => {
    if (x.kind === "variable" && own.has(x.name)) reads = true;
  });
  return reads;
}

/** A perfect nest of loops with lanes along the innermost loop; undefined if it has no such form. */
function alongSum(nest: For, vectors: Vectors): ReturnType<typeof vectorSums> {
  const [inner, ...others] = nest.body;
  if (inner?.kind !== "for") return vectorSums(nest, vectors);
  if (others.length > 0) return undefined;
  const made = alongSum(inner, vectors);
  return made && { ...made, loops: [{ ...nest, body: made.loops }] };
}
