/**
 * Purpose   Deduplicate kernels: kernels with equal loops become one function that takes the offsets of its
 *           buffers as arguments. This covers equal layers, and the forward pass that `predict`, `evaluate`
 *           and `gradient` have in common.
 * Requires  the programs of one model, scheduled, with one index per axis.
 * Ensures   kernels that differ only in the buffers that they access have the same number. They list the
 *           differing buffers in the same order. They remain separate if sharing would add work to an
 *           innermost loop. For example, two addresses that differ only by a constant need one pointer, but
 *           two if they start at different arguments of the shared function.
 * Example   y1[i] = x1[i] · 2 ; y2[i] = x2[i] · 2
 *           =>   both are number 0; the arguments are the offsets of x1 and y1, or of x2 and y2
 */
import { visit } from "../../loop/expressions.ts";
import { buffersOf, equalKernels } from "../../loop/skeleton.ts";
import type { EqualKernels, SlottedKernel } from "../../loop/skeleton.ts";
import { expressionsOf, visitStatements } from "../../loop/statements.ts";
import type { Buffer, Kernel, LoopProgram } from "../../loop/types.ts";
import { defineStage } from "../../stages/define.ts";
import { freshIn, loopPrograms } from "../../stages/loops.ts";
import type { LoopContext, LoopStage } from "../../stages/loops.ts";
import { computeByteAddresses } from "../compute-addresses.ts";
import { reduceStrength } from "./reduce-strength.ts";

interface Instance extends SlottedKernel {
  readonly program: LoopProgram;
}

const instanceOf = (program: LoopProgram, kernel: Kernel): Instance => ({
  program,
  kernel,
  slots: buffersOf(kernel).flatMap((name) => program.buffers.get(name) ?? []),
});

/** Equal indices mean equal offsets only if the shapes are also equal. */
const factsOf = ({ element, shape, isScratch = false }: Buffer): string =>
  `${element} ${shape.join()}${isScratch ? " scratch" : ""}`;

/**
 * Whether a slot has the same offset in both kernels. Storage has the same offset in all programs, a
 * temporary only within its program, and scratch in all equal kernels.
 */
function isSameMemory(a: Instance, b: Instance, slot: number): boolean {
  const [x, y] = [a.slots[slot], b.slots[slot]];
  if (x.isScratch) return true;
  return x.name === y.name && (x.region !== "temporary" || a.program === b.program);
}

const withNumber = ({ kernel, slots }: Instance, number: number, parameters: readonly number[]): Kernel => ({
  ...kernel,
  shared: { number, addresses: parameters.map((slot) => slots[slot].name) },
});

/** The number of operations in innermost loops after addresses are computed and reduced to pointers. */
function innermostWork(kernel: Kernel, { buffers }: LoopProgram, context: LoopContext): number {
  const placed = computeByteAddresses.ofKernel(kernel, { ...context, buffers, fresh: freshIn(kernel) });
  const stepping = reduceStrength.ofKernel(placed, { ...context, buffers, fresh: freshIn(placed) });
  let work = 0;
  visitStatements(stepping.body, (loop) => {
    if (loop.kind !== "for" || loop.body.some(({ kind }) => kind === "for")) return;
    for (const statement of loop.body) for (const x of expressionsOf(statement)) visit(x, () => work++);
  });
  return work;
}

/** The kernels with their common number. Empty if sharing a function would add work. */
function sharedKernels(
  { instances, parameters }: EqualKernels<Instance>,
  number: number,
  context: LoopContext,
): readonly Kernel[] {
  const [first] = instances;
  const addsWork =
    parameters.length > 0 &&
    innermostWork(withNumber(first, number, parameters), first.program, context) >
      innermostWork(first.kernel, first.program, context);
  return addsWork ? [] : instances.map((instance) => withNumber(instance, number, parameters));
}

function numbered(programs: readonly LoopProgram[], context: LoopContext): readonly LoopProgram[] {
  const all = programs.flatMap((program) => program.kernels.map((kernel) => instanceOf(program, kernel)));
  const shared = new Map<Kernel, Kernel>();
  equalKernels(all, { factsOf, isSame: isSameMemory }).forEach((group, number) => {
    const { instances } = group;
    if (instances.length === 1) return;
    sharedKernels(group, number, context).forEach((kernel, i) => shared.set(instances[i].kernel, kernel));
  });
  return programs.map((program) => ({
    ...program,
    kernels: program.kernels.map((kernel) => shared.get(kernel) ?? kernel),
  }));
}

/** The stage compares the kernels of all programs with each other. */
export const deduplicateKernels: LoopStage = defineStage("deduplicate-kernels", loopPrograms, {
  all: numbered,
});
