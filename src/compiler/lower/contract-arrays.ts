/**
 * Purpose   Array contraction: reduce a temporary to the memory of one iteration, if every iteration of a
 *           loop stores and reads only its own part of the temporary.
 * Requires  fused kernels, one index per axis; no two loops share a variable.
 * Ensures   the same values. An axis is dropped if only one kernel accesses the buffer and all accesses index
 *           the axis with the same loop variable. Axes of loops that will be blocked are kept, because those
 *           loops run several iterations at once.
 * Example   for i: { for j: e[i, j] = exp(x[i, j]) ; … s += e[i, j] … }
 *           =>   for i: { for j: e[j] = exp(x[i, j]) ; … s += e[j] … }
 */
import { accessesOf } from "../loop/accesses.ts";
import type { Access } from "../loop/accesses.ts";
import { mapStatements, visitStatements } from "../loop/statements.ts";
import type { Buffer, LoopProgram, Statement } from "../loop/types.ts";
import { defineLoopStage } from "../stages/loops.ts";

/** The temporaries that only one kernel accesses, with the index of that kernel. */
function ownBuffers({ kernels, buffers }: LoopProgram): Map<string, number> {
  const owners = new Map<string, number>();
  const shared = new Set<string>();
  kernels.forEach(({ body }, k) => {
    const { loaded, stored } = accessesOf(body);
    for (const name of [...loaded, ...stored]) {
      if (buffers.get(name)?.region !== "temporary") continue;
      if ((owners.get(name) ?? k) !== k) shared.add(name);
      owners.set(name, k);
    }
  });
  for (const name of shared) owners.delete(name);
  return owners;
}

/**
 * The axes that all accesses index with the same loop variable. The loop must not be one that will be
 * blocked.
 */
function privateAxes({ shape }: Buffer, accesses: readonly Access[], blocked: ReadonlySet<string>): number[] {
  return shape.flatMap((_, axis) => {
    const [first, ...others] = accesses.map(({ at }) => at[axis]);
    if (first?.kind !== "variable" || blocked.has(first.name)) return [];
    const same = others.every((index) => index.kind === "variable" && index.name === first.name);
    return same ? [axis] : [];
  });
}

function blockedVariables(statements: readonly Statement[]): Set<string> {
  const names = new Set<string>();
  visitStatements(statements, (s) => s.kind === "for" && s.role === "output" && names.add(s.variable));
  return names;
}

export const contractArrays = defineLoopStage("contract-arrays", (program) => {
  const owners = ownBuffers(program);
  const buffers = new Map(program.buffers);
  const kernels = program.kernels.map((kernel, k) => {
    const own = [...owners].flatMap(([name, owner]) => (owner === k ? [name] : []));
    if (own.length === 0) return kernel;
    const { loads, stores } = accessesOf(kernel.body);
    const blocked = blockedVariables(kernel.body);
    const dropped = new Map<string, readonly number[]>();
    for (const name of own) {
      const buffer = program.buffers.get(name);
      const accesses = [...loads, ...stores].filter((access) => access.buffer === name);
      const axes = buffer === undefined ? [] : privateAxes(buffer, accesses, blocked);
      if (buffer === undefined || axes.length === 0) continue;
      dropped.set(name, axes);
      buffers.set(name, { ...buffer, shape: buffer.shape.filter((_, axis) => !axes.includes(axis)) });
    }
    if (dropped.size === 0) return kernel;
    const kept = <T extends Access>(access: T): T => {
      const axes = dropped.get(access.buffer);
      return axes === undefined
        ? access
        : { ...access, at: access.at.filter((_, axis) => !axes.includes(axis)) };
    };
    const body = mapStatements(
      kernel.body,
      (x) => (x.kind === "load" ? kept(x) : x),
      (s) => (s.kind === "store" ? kept(s) : s),
    );
    return { ...kernel, body };
  });
  return { ...program, kernels, buffers };
});
