/** Stages on loop programs and on single kernels. */
import type { PlannedProgram, PlannedPrograms } from "../loop/types.ts";
import { visitStatements } from "../loop/statements.ts";
import type { Buffer, Kernel, LoopProgram } from "../loop/types.ts";
import { checkLoops } from "../loop/verify.ts";
import { checkPlan } from "../loop/verify-memory.ts";
import { sameMembers } from "../util/collections.ts";
import { defineRequired, defineStage } from "./define.ts";
import type { Representation, StageOn } from "./define.ts";

export const loopPrograms: Representation<LoopProgram> = {
  check: checkLoops,
  snapshots: (program) => [program],
};

/** All programs of a model as one value. */
export const programSets: Representation<readonly LoopProgram[]> = {
  check: (programs, after) => programs.forEach((program) => checkLoops(program, after)),
  snapshots: (programs) => programs,
};

/** All programs with their memory plan. Planning does not change the loops, so only the plan is verified. */
export const plannedPrograms: Representation<PlannedPrograms> = {
  check: ({ plan }, after) => checkPlan(plan, after),
  snapshots: ({ programs, plan }) => programs.map((program): PlannedProgram => ({ ...program, plan })),
};

/** The properties of the model that loop stages need. */
export interface LoopContext {
  readonly batchSize: number;
  /** The element type of parameters and values. */
  readonly float: "f32" | "f64";
}

export type LoopStage<Context = LoopContext> = StageOn<LoopProgram, Context>;

export const defineLoopStage = <Context = LoopContext>(
  name: string,
  run: (program: LoopProgram, context: Context) => LoopProgram,
): LoopStage<Context> => defineStage(name, loopPrograms, { each: run });

/** Derives a unique name from a base name. */
export type Fresh = (base: string) => string;

/** The context of a stage on one kernel. */
export interface KernelContext extends LoopContext {
  readonly buffers: ReadonlyMap<string, Buffer>;
  /** Makes new names for variables of the kernel. */
  readonly fresh: Fresh;
}

/** A stage that changes kernels one by one and does not change their buffers. */
export interface KernelStage extends LoopStage {
  readonly ofKernel: (kernel: Kernel, context: KernelContext) => Kernel;
}

const onKernels =
  (ofKernel: KernelStage["ofKernel"]) =>
  (program: LoopProgram, context: LoopContext): LoopProgram => ({
    ...program,
    kernels: program.kernels.map((kernel) => {
      const result = ofKernel(kernel, { ...context, buffers: program.buffers, fresh: freshIn(kernel) });
      // A list that is kept by reference need not be verified again.
      return sameMembers(result.body, kernel.body) ? { ...result, body: kernel.body } : result;
    }),
  });

export const defineKernelStage = (name: string, ofKernel: KernelStage["ofKernel"]): KernelStage => ({
  ...defineLoopStage(name, onKernels(ofKernel)),
  ofKernel,
});

export const defineRequiredKernelStage = (name: string, ofKernel: KernelStage["ofKernel"]): KernelStage => ({
  ...defineRequired(name, loopPrograms, loopPrograms, { each: onKernels(ofKernel) }),
  ofKernel,
});

/**
 * Makes new names for variables of a kernel. The mark in each name distinguishes it from the names of
 * buffers.
 */
export function freshIn(kernel: Kernel): Fresh {
  let known: Set<string> | undefined;
  return (base) => {
    known ??= namesIn(kernel);
    let name = `${base}$`;
    for (let k = 2; known.has(name); k++) name = `${base}$${k}`;
    known.add(name);
    return name;
  };
}

function namesIn({ body }: Kernel): Set<string> {
  const names = new Set<string>();
  visitStatements(body, (s) => {
    if (s.kind === "let") names.add(s.name);
    if (s.kind === "for") names.add(s.variable);
  });
  return names;
}
