/**
 * Purpose   Deduplicate kernels: kernels with equal loops become one function with the offsets of its buffers
 *           as arguments. This covers equal layers, and the forward pass of `predict` and `evaluate` with that
 *           of `gradient`.
 * Requires  the programs of one model, scheduled, with one index per axis.
 * Ensures   kernels that differ only in the buffers that they access have the same number, and list the
 *           differing buffers in the same order. They stay separate if an innermost loop would do more work:
 *           addresses that grow alike share a pointer, but not if they start at different arguments.
 * Example   y1[i] = x1[i] · 2 ; y2[i] = x2[i] · 2   =>   both are number 0, with the offsets of x1 and y1, or
 *           x2 and y2, as arguments
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

/** Equal indices access equal offsets only if the shapes are equal. */
const factsOf = ({ element, shape, isScratch = false }: Buffer): string =>
  `${element} ${shape.join()}${isScratch ? " scratch" : ""}`;

/**
 * Storage has the same offset in all programs, temporaries only within their program; scratch of equal kernels
 * has equal offsets.
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

/** The operations of innermost loops after addresses are computed. */
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

/** The kernels with their common number, or unchanged. */
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

/** It compares the kernels of all programs. */
export const deduplicateKernels: LoopStage = defineStage("deduplicate-kernels", loopPrograms, {
  all: numbered,
});
