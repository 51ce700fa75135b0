/**
 * Purpose   Loop fusion: merge loops over the same extent, so that values stay in registers between them:
 *           pointwise loops with each other, pointwise loops and row-wise sums in one loop over rows, bias and
 *           activation into a contraction.
 * Requires  nests in program order, one index per axis.
 * Ensures   the same stores of the same values. A contraction keeps a perfect nest of `output` loops, because
 *           blocking needs one; two contractions never share a nest.
 * Example   for i: t[i] = x[i] + 1 ; for j: y[j] = t[j] · 2   =>   for i: t[i] = x[i] + 1 ; y[i] = t[i] · 2
 */
import { isCall, keyOf } from "../loop/expressions.ts";
import { renameVariables, visitExpressions } from "../loop/statements.ts";
import type { For, LoopRole, Statement } from "../loop/types.ts";
import { accessesOf, aligned, conflicts, shareBuffers } from "../loop/accesses.ts";
import type { Accesses } from "../loop/accesses.ts";
import { defineStage } from "../stages/define.ts";
import { flat, mapLists, nestsOfLoops } from "./nests.ts";
import type { Nest, Nests } from "./nests.ts";

const sameExtent = (a: For, b: For): boolean =>
  keyOf(a.from) === keyOf(b.from) && keyOf(a.to) === keyOf(b.to) && a.step === b.step;

const mergedRole = (a: LoopRole, b: LoopRole): LoopRole =>
  a === "reduction" || b === "reduction" ? "reduction" : a;

/** The body of `second` with the loop variable of `first`. */
const bodyUnder = (first: For, second: For): readonly Statement[] =>
  renameVariables(second.body, new Map([[second.variable, first.variable]]));

/** The number of calls of long functions in the statements. */
function callsIn(statements: readonly Statement[]): number {
  let calls = 0;
  visitExpressions(statements, (x) => {
    if (isCall(x)) calls++;
  });
  return calls;
}

/**
 * The maximum number of long functions that a fused loop calls. An engine inlines about that much into one
 * kernel. The results of calls that are not inlined are allocated on the heap one by one.
 */
const maxCalls = 2;

/** Both loops as one; undefined if that would change the order of dependent iterations. */
function mergeLoops(first: For, second: For): For | undefined {
  if (!sameExtent(first, second) || second.role === "output") return undefined;
  if (first.role === "sequential" || second.role === "sequential") return undefined;
  if (first.role === "output") return mergeIntoContraction(first, second);
  const body = bodyUnder(first, second);
  const a = accessesOf(first.body);
  const b = accessesOf(body);
  if (!shareBuffers(a, b) || !aligned(a, b, first)) return undefined;
  for (const name of a.assigns) if (b.reads.has(name)) return undefined;
  const [own, others] = [callsIn(first.body), callsIn(body)];
  if (own > 0 && others > 0 && own + others > maxCalls) return undefined;
  return { ...first, role: mergedRole(first.role, second.role), body: joinBodies(first.body, body) };
}

/** Appends a pointwise nest to the nest of a contraction. All its loops must match those of the contraction. */
function mergeIntoContraction(first: For, second: For): For | undefined {
  if (!sameExtent(first, second) || second.role !== "parallel") return undefined;
  const body = bodyUnder(first, second);
  const a = accessesOf(first.body);
  const b = accessesOf(body);
  if (!shareBuffers(a, b) || !aligned(a, b, first)) return undefined;
  const [inner] = first.body;
  if (first.body.length === 1 && inner.kind === "for" && inner.role === "output") {
    const [next] = body;
    const merged = body.length === 1 && next.kind === "for" ? mergeIntoContraction(inner, next) : undefined;
    return merged === undefined ? undefined : { ...first, body: [merged] };
  }
  // A block repeats its epilogue for every sum. Repeated calls of long functions exceed what an engine inlines.
  // Measured: a separate loop for tanh makes a small network 30 % faster.
  if (callsIn(body) > 0 || body.some((statement) => statement.kind === "for")) return undefined;
  return { ...first, body: [...first.body, ...body] };
}

/**
 * `statement` merged into a loop of `list`, or undefined. The definitions between them that it needs
 * (accumulators) move before that loop; it must not conflict with the other statements between them.
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

/** `second` after `first`, with each of its loops merged into an earlier one where possible. */
function joinBodies(first: readonly Statement[], second: readonly Statement[]): readonly Statement[] {
  let list = first;
  for (const statement of second) {
    const merged = statement.kind === "for" ? mergeInto(list, statement) : undefined;
    list = merged ?? [...list, statement];
  }
  return list;
}

/** How many nests back a nest may be joined to; the bound keeps compile time linear. */
const reach = 12;

const hasLoop = (statements: readonly Statement[]): boolean => statements.some(({ kind }) => kind === "for");
const loopCount = (statements: readonly Statement[]): number =>
  statements.filter(({ kind }) => kind === "for").length;

/** The statements of both nests as one, or undefined if joining does not pay. */
function joinNests(
  first: readonly Statement[],
  second: readonly Statement[],
): readonly Statement[] | undefined {
  const a = accessesOf(first);
  const b = accessesOf(second);
  if (!hasLoop(first) || !hasLoop(second)) {
    // Scalar nests are joined with each other, and with the kernel that computes or uses their values, which
    // then become local variables.
    const related =
      (!hasLoop(first) && !hasLoop(second)) || [...a.stored].some((buffer) => b.loaded.has(buffer));
    return related ? [...first, ...second] : undefined;
  }
  const joined = joinBodies(first, second);
  if (loopCount(joined) < loopCount(first) + loopCount(second)) return joined;
  return finishes(a, first, b, second) ? [...first, ...second] : undefined;
}

/**
 * Whether `second` applies long functions to the results of the contraction `first`. It then becomes a separate
 * loop after the contraction, in the same kernel. An engine does not inline a long kernel, so it inlines into
 * it the functions that it calls. A short kernel would itself be inlined, its calls would not, and their
 * results would be allocated on the heap.
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
 * Scalars that the next kernel reads are computed at its start; scalars that need the previous kernel are
 * computed at its end.
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
