/** What views tell of a kernel, whatever the target. */
import { sizeOf } from "../../compiler/ir/types.ts";
import { accessesOf } from "../../compiler/loop/accesses.ts";
import { bytesOfElement } from "../../compiler/loop/memory.ts";
import type { Kernel, LoopProgram } from "../../compiler/loop/types.ts";

/** The graph nodes fused into it. */
export const nodesOf = ({ provenance }: Kernel) =>
  provenance.map(({ text, layer, gradientOf, rule }) => ({ text, layer, gradientOf, rule }));

/** The sizes of all buffers that the kernel reads or writes, each counted once. */
export function bytesTouched({ body }: Kernel, { buffers }: LoopProgram, batchSize: number): number {
  const { loaded, stored } = accessesOf(body);
  let bytes = 0;
  for (const name of new Set([...loaded, ...stored])) {
    const buffer = buffers.get(name);
    if (buffer !== undefined) bytes += sizeOf(buffer.shape, batchSize) * bytesOfElement[buffer.element];
  }
  return bytes;
}

/** Whether a kernel is asked for: by its name, or `predict/dense1`. */
export const isAskedFor = (of: string | undefined, program: string, kernel: string): boolean =>
  of === undefined || of === kernel || of === `${program}/${kernel}`;
