/**
 * Purpose   Register blocking: compute several elements of a contraction at once, so that each loaded operand
 *           is used several times (unroll-and-jam of the two innermost `output` loops).
 * Requires  kernels with one index per axis; `output` loops form perfect nests.
 * Ensures   the same sums in the same order. If the block size does not divide the extent, a second loop
 *           computes the remainder; block sizes that divide the extent are preferred. A loop is unchanged if
 *           interleaving its iterations would change its results.
 * Example   for i<n: for j<32: { sum = 0; for k: sum += x[i,k]·w[k,j]; y[i,j] = sum }
 *           => for i<n−n%2 step 2: for j<32 step 4: { 8 sums; for k: 2 + 4 loads, 8 products; 8 stores }
 *              for the last i …
 */
import { invariant } from "../diagnostics/errors.ts";
import { mayInterleave } from "../loop/dependences.ts";
import type { Surroundings } from "../loop/dependences.ts";
import { add, integer, keyOf, minus, remainder, variable } from "../loop/expressions.ts";
import { renameVariables, substituteVariables, visitStatements, withBody } from "../loop/statements.ts";
import type { For, Statement } from "../loop/types.ts";
import { defineKernelStage } from "../stages/loops.ts";
import { blockSizes } from "./cost-model.ts";

/**
 * A copy of a loop body for the iteration at an offset of `c`. `mark` is appended to the names that the body
 * defines, so that the names of different copies differ.
 */
export function copyOf(
  body: readonly Statement[],
  loopVariable: string,
  c: number,
  mark: number,
): readonly Statement[] {
  const shifted = new Map([[loopVariable, add(variable(loopVariable, "i32"), integer(c))]]);
  const names = new Map<string, string>();
  visitStatements(body, (s) => s.kind === "let" && names.set(s.name, `${s.name}~${mark}`));
  return renameVariables(substituteVariables(body, shifted), names);
}

/**
 * Whether two copies can be interleaved: they have the same kinds of statements, and their loops have the
 * same bounds.
 */
export function haveSameForm(a: readonly Statement[], b: readonly Statement[]): boolean {
  const sameBounds = (x: For, y: For) =>
    x.step === y.step && keyOf(x.from) === keyOf(y.from) && keyOf(x.to) === keyOf(y.to);
  return (
    a.length === b.length &&
    a.every((x, position) => {
      const y = b[position];
      if (x.kind !== "for" || y.kind !== "for") return x.kind === y.kind;
      return sameBounds(x, y) && haveSameForm(x.body, y.body);
    })
  );
}

/** Interleaves copies of the same form, statement by statement. The copies of a loop become one loop. */
export function jam(copies: readonly (readonly Statement[])[]): readonly Statement[] {
  invariant(
    copies.every((copy) => haveSameForm(copies[0], copy)),
    "copies of different forms cannot be jammed",
  );
  return interleaved(copies);
}

function interleaved(copies: readonly (readonly Statement[])[]): readonly Statement[] {
  return copies[0].flatMap((first, position): readonly Statement[] => {
    const row = copies.map((copy) => copy[position]);
    if (first.kind !== "for") return row;
    const bodies = row.map((statement) => (statement.kind === "for" ? renameLoop(statement, first) : []));
    return [{ ...first, body: interleaved(bodies) }];
  });
}

const renameLoop = (loop: For, as: For): readonly Statement[] =>
  loop.variable === as.variable
    ? loop.body
    : renameVariables(loop.body, new Map([[loop.variable, as.variable]]));

/**
 * `size` interleaved copies of the body. Their names are marked with consecutive numbers, starting with
 * `first`.
 */
export const block = (loop: For, size: number, first = 0): readonly Statement[] =>
  size === 1 && first === 0
    ? loop.body
    : jam(Array.from({ length: size }, (_, c) => copyOf(loop.body, loop.variable, c, first + c)));

export const startingAt = (loop: For, body: readonly Statement[], start: number): readonly Statement[] =>
  substituteVariables(body, new Map([[loop.variable, integer(start)]]));

/** The loop in steps of `size`, followed by the remainder. A single block needs no loop. */
export function blocked(loop: For, size: number): readonly Statement[] {
  const { to } = loop;
  const main: For = { ...loop, step: size, body: block(loop, size) };
  if (to.kind !== "number") {
    if (size === 1) return [loop];
    const whole = minus(to, remainder(to, size));
    return [
      { ...main, to: whole },
      { ...loop, from: whole },
    ];
  }
  const rest = to.value % size;
  const whole = to.value - rest;
  const first = whole === size ? startingAt(loop, main.body, 0) : [{ ...main, to: integer(whole) }];
  return rest === 0 ? first : [...first, ...startingAt(loop, block(loop, rest, whole), whole)];
}

/** The loop in blocks of `size` if its iterations may be interleaved; otherwise the loop itself. */
const blockedIfAllowed = (loop: For, size: number, surroundings: Surroundings): readonly Statement[] =>
  size === 1 || !mayInterleave(loop, surroundings) ? [loop] : blocked(loop, size);

/** Blocks the two innermost loops of a nest of `output` loops. */
function blockNest(loop: For, surroundings: Surroundings): readonly Statement[] {
  const nest: For[] = [loop];
  for (let next = loop.body[0]; next?.kind === "for" && next.role === "output"; next = next.body[0])
    nest.push(next);
  const innermost = nest[nest.length - 1];
  const around = nest.length > 1 ? nest[nest.length - 2] : undefined;
  const sizes = blockSizes(around?.to, innermost.to, surroundings.batchSize);
  let statements = blockedIfAllowed(innermost, sizes.inner, surroundings);
  if (around !== undefined)
    statements = blockedIfAllowed(withBody(around, statements), sizes.outer, surroundings);
  return nest
    .slice(0, Math.max(0, nest.length - 2))
    .reduceRight<readonly Statement[]>((body, outer) => [withBody(outer, body)], statements);
}

/** Blocks all nests, which are directly in the kernel or in its loop along time. */
const blockAll = (statements: readonly Statement[], surroundings: Surroundings): readonly Statement[] =>
  statements.flatMap((statement) => {
    if (statement.kind !== "for") return [statement];
    if (statement.role === "output") return blockNest(statement, surroundings);
    return [
      statement.role === "sequential"
        ? withBody(statement, blockAll(statement.body, surroundings))
        : statement,
    ];
  });

export const registerBlocking = defineKernelStage("register-blocking", (kernel, { buffers, batchSize }) => ({
  ...kernel,
  body: blockAll(kernel.body, { buffers, batchSize }),
}));
