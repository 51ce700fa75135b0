/**
 * Purpose   Loop fusion: merge loops over the same extent, so that values stay in registers between them. It
 *           merges pointwise loops with each other, pointwise loops and row-wise sums into one loop over
 *           rows, and bias and activation into a contraction.
 * Requires  nests in program order, one index per axis.
 * Ensures   the same stores of the same values. A contraction keeps a perfect nest of `output` loops, because
 *           register blocking needs one. Two contractions never share a nest.
 * Example   for i: t[i] = x[i] + 1 ; for j: y[j] = t[j] · 2   =>   for i: t[i] = x[i] + 1 ; y[i] = t[i] · 2
 */
import { isCall, keyOf } from "../loop/expressions.ts";
import { renameVariables, visitExpressions } from "../loop/statements.ts";
import type { For, LoopRole, Statement } from "../loop/types.ts";
import { accessesOf, canInterleave, conflicts, shareBuffers } from "../loop/accesses.ts";
import type { Accesses } from "../loop/accesses.ts";
import { defineStage } from "../stages/define.ts";
import { flat, mapLists, nestsOfLoops } from "./nests.ts";
import type { Nest, Nests } from "./nests.ts";

const sameExtent = (a: For, b: For): boolean =>
  keyOf(a.from) === keyOf(b.from) && keyOf(a.to) === keyOf(b.to) && a.step === b.step;

const mergedRole = (a: LoopRole, b: LoopRole): LoopRole =>
  a === "reduction" || b === "reduction" ? "reduction" : a;

/** The body of `second`, with its loop variable renamed to that of `first`. */
const bodyUnder = (first: For, second: For): readonly Statement[] =>
  renameVariables(second.body, new Map([[second.variable, first.variable]]));

/** The number of function calls in the statements. Functions that compile to instructions do not count. */
function callsIn(statements: readonly Statement[]): number {
  let calls = 0;
  visitExpressions(statements, (x) => {
    if (isCall(x)) calls++;
  });
  return calls;
}

/**
 * The maximum number of function calls in a fused loop. JavaScript engines inline about this many calls into
 * one kernel. A call that is not inlined allocates its result on the heap.
 */
const maxCalls = 2;

/** Merges both loops; undefined if dependences between iterations forbid it, or if it has no benefit. */
function mergeLoops(first: For, second: For): For | undefined {
  if (!sameExtent(first, second) || second.role === "output") return undefined;
  if (first.role === "sequential" || second.role === "sequential") return undefined;
  if (first.role === "output") return mergeIntoContraction(first, second);
  const body = bodyUnder(first, second);
  const a = accessesOf(first.body);
  const b = accessesOf(body);
  if (!shareBuffers(a, b) || !canInterleave(a, b, first)) return undefined;
  for (const name of a.assigns) if (b.reads.has(name)) return undefined;
  const [own, others] = [callsIn(first.body), callsIn(body)];
  if (own > 0 && others > 0 && own + others > maxCalls) return undefined;
  return { ...first, role: mergedRole(first.role, second.role), body: joinBodies(first.body, body) };
}

/** Appends a pointwise nest to the nest of a contraction. The loops of both nests must match. */
function mergeIntoContraction(first: For, second: For): For | undefined {
  if (!sameExtent(first, second) || second.role !== "parallel") return undefined;
  const body = bodyUnder(first, second);
  const a = accessesOf(first.body);
  const b = accessesOf(body);
  if (!shareBuffers(a, b) || !canInterleave(a, b, first)) return undefined;
  const [inner] = first.body;
  if (first.body.length === 1 && inner.kind === "for" && inner.role === "output") {
    const [next] = body;
    const merged = body.length === 1 && next.kind === "for" ? mergeIntoContraction(inner, next) : undefined;
    return merged === undefined ? undefined : { ...first, body: [merged] };
  }
  // Register blocking repeats the epilogue for every sum. Repeated function calls would exceed what an engine
  // inlines. Measured: a separate loop for tanh makes a small network 30 % faster.
  if (callsIn(body) > 0 || body.some((statement) => statement.kind === "for")) return undefined;
  return { ...first, body: [...first.body, ...body] };
}

/**
 * Returns `list` with `loop` merged into one of its loops; undefined if that is not possible. Definitions
 * between the two loops that `loop` needs, such as accumulators, are moved before both. `loop` must not
 * conflict with other statements between them.
 */
function mergeInto(list: readonly Statement[], loop: For): readonly Statement[] | undefined {
  for (let p = list.length - 1; p >= 0; p--) {
    const candidate = list[p];
    if (candidate.kind === "for") {
      const merged = mergeLoops(candidate, loop);
      const arranged = merged === undefined ? undefined : arrange(list, p, candidate, merged, loop);
      if (arranged !== undefined) return arranged;
    }
    const isDefinition = candidate.kind === "let";
    if (!isDefinition && conflicts(accessesOf([candidate]), accessesOf([loop]))) return undefined;
  }
  return undefined;
}

function arrange(
  list: readonly Statement[],
  p: number,
  candidate: For,
  merged: For,
  loop: For,
): readonly Statement[] | undefined {
  const needs = accessesOf([loop]);
  const before: Statement[] = [];
  const after: Statement[] = [];
  for (const between of list.slice(p + 1)) {
    const needed =
      between.kind === "let" && (needs.reads.has(between.name) || needs.assigns.has(between.name));
    if (needed) {
      if (conflicts(accessesOf([candidate]), accessesOf([between]))) return undefined;
      if (after.some((other) => conflicts(accessesOf([other]), accessesOf([between])))) return undefined;
      before.push(between);
    } else if (conflicts(accessesOf([between]), needs)) return undefined;
    else after.push(between);
  }
  return [...list.slice(0, p), ...before, merged, ...after];
}

/**
 * Returns `first` followed by `second`, with each loop of `second` merged into an earlier loop where
 * possible.
 */
function joinBodies(first: readonly Statement[], second: readonly Statement[]): readonly Statement[] {
  let list = first;
  for (const statement of second) {
    const merged = statement.kind === "for" ? mergeInto(list, statement) : undefined;
    list = merged ?? [...list, statement];
  }
  return list;
}

/** A nest can be joined only with one of this many previous nests. The limit keeps compile time linear. */
const reach = 12;

const hasLoop = (statements: readonly Statement[]): boolean => statements.some(({ kind }) => kind === "for");
const loopCount = (statements: readonly Statement[]): number =>
  statements.filter(({ kind }) => kind === "for").length;

/** Returns the statements of both nests as one nest; undefined if joining has no benefit. */
function joinNests(
  first: readonly Statement[],
  second: readonly Statement[],
): readonly Statement[] | undefined {
  const a = accessesOf(first);
  const b = accessesOf(second);
  if (!hasLoop(first) || !hasLoop(second)) {
    // Nests of scalars are joined with each other. They are also joined with the nest that computes their
    // operands or reads their values, so that these become local variables.
    const related =
      (!hasLoop(first) && !hasLoop(second)) || [...a.stored].some((buffer) => b.loaded.has(buffer));
    return related ? [...first, ...second] : undefined;
  }
  const joined = joinBodies(first, second);
  if (loopCount(joined) < loopCount(first) + loopCount(second)) return joined;
  return finishes(a, first, b, second) ? [...first, ...second] : undefined;
}

/**
 * Whether `second` applies functions to the results of the contraction `first`. If so, `second` becomes a
 * separate loop in the kernel of the contraction, because this kernel is long. Engines inline the calls in a
 * long kernel. A short kernel, however, is itself inlined into its caller. The calls in it are then not
 * inlined, and each of them allocates its result on the heap.
 */
function finishes(
  a: Accesses,
  first: readonly Statement[],
  b: Accesses,
  second: readonly Statement[],
): boolean {
  const isContraction = (statements: readonly Statement[]) =>
    statements.some((statement) => statement.kind === "for" && statement.role === "output");
  const calls = callsIn(second);
  if (calls === 0 || callsIn(first) + calls > maxCalls) return false;
  return isContraction(first) && !isContraction(second) && [...a.stored].some((name) => b.loaded.has(name));
}

function fused(nests: readonly Nest[]): readonly Nest[] {
  const result: Nest[] = [];
  for (const nest of nests.map(flat)) {
    const accesses = accessesOf(nest.statements);
    let placed = false;
    for (let k = result.length - 1; !nest.stays && k >= 0 && k >= result.length - reach; k--) {
      const joined = joinNests(result[k].statements, nest.statements);
      if (joined !== undefined) {
        result[k] = { statements: joined, labels: [...result[k].labels, ...nest.labels] };
        placed = true;
        break;
      }
      if (conflicts(accessesOf(result[k].statements), accesses)) break;
    }
    if (!placed) result.push(nest);
  }
  return joinScalars(result);
}

/**
 * Moves scalar nests into neighbouring kernels. Scalars that the next kernel reads are computed at its start;
 * scalars that depend on the previous kernel are computed at its end.
 */
function joinScalars(nests: readonly Nest[]): readonly Nest[] {
  const result: Nest[] = [];
  for (const nest of nests) {
    const last = result.at(-1);
    const hasScalars = last !== undefined && (!hasLoop(last.statements) || !hasLoop(nest.statements));
    const joined = hasScalars ? joinNests(last.statements, nest.statements) : undefined;
    if (last === undefined || joined === undefined) result.push(nest);
    else result[result.length - 1] = { statements: joined, labels: [...last.labels, ...nest.labels] };
  }
  return result;
}

export const fuseLoops = defineStage("fuse-loops", nestsOfLoops, {
  each: (nests: Nests): Nests => ({ ...nests, nests: mapLists(nests.nests, fused) }),
});
