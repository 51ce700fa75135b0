/**
 * Loop programs for WebAssembly, from kernels as fused: the stages in order. Kernels are split before loops change, since what threads may
 * share is one nest; whether they may is asked of the loops as they will run; places come last, as for scalars.
 */
import { checkLoops } from "../../loop/verify.ts";
import type { LoopProgram } from "../../loop/types.ts";
import { freshIn, placeProgram } from "../schedule.ts";
import { dropUnitLoops } from "./drop-unit-loops.ts";
import { flushSubnormals } from "./flush-subnormals.ts";
import { markSplits } from "./mark-splits.ts";
import { scheduleVectors } from "./schedule-vectors.ts";
import type { VectorOptions } from "./schedule-vectors.ts";
import { splitKernels } from "./split-kernels.ts";
import { stepPointers } from "./step-pointers.ts";

/** On vectors, with one index an axis still. `leastCycles`: a kernel shorter than that is not worth sharing. */
export function vectorLoops(
  lowered: LoopProgram,
  options: VectorOptions & { readonly leastCycles?: number },
): LoopProgram {
  const { batchSize, leastCycles } = options;
  const split = splitKernels(lowered, batchSize);
  const lean = { ...split, kernels: split.kernels.map((kernel) => dropUnitLoops(kernel, freshIn(kernel))) };
  checkLoops(lean, "drop-unit-loops");
  const onVectors = scheduleVectors(lean, options);
  const { buffers } = onVectors;
  const scheduled = {
    ...onVectors,
    kernels: onVectors.kernels.map((kernel) => flushSubnormals(kernel, buffers, freshIn(kernel))),
  };
  checkLoops(scheduled, "schedule-vectors");
  const marked = markSplits(scheduled, { batchSize, leastCycles });
  checkLoops(marked, "mark-splits");
  return marked;
}

/** With places in bytes, as `emit/wasm` prints it. */
export function placedVectors(program: LoopProgram, batchSize: number): LoopProgram {
  const placed = placeProgram(program, { batchSize, unit: "bytes" });
  const stepping = {
    ...placed,
    kernels: placed.kernels.map((kernel) => stepPointers(kernel, freshIn(kernel))),
  };
  checkLoops(stepping, "step-pointers");
  return stepping;
}
