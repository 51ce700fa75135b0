/**
 * Floating-point operations, as the kernels' provenance counts them: one for each scalar op, two for a
 * multiply-add.
 */
import type { Compilation } from "../../compiler/pipeline.ts";
import type { Kernel } from "../../compiler/loop/types.ts";

/** Of one kernel for a full batch. */
export const flopsOfKernel = ({ provenance }: Kernel): number =>
  provenance.reduce((sum, { flops }) => sum + flops, 0);

/** Of a whole program (`gradient`, `update`, …) for a full batch. */
export const flopsOfProgram = ({ programs }: Compilation, name: string): number =>
  programs
    .filter((program) => program.name === name)
    .flatMap(({ kernels }) => kernels)
    .reduce((sum, kernel) => sum + flopsOfKernel(kernel), 0);
