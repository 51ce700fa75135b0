/**
 * Loop programs for WebAssembly, from kernels as fused: the stages in order. Kernels are split before loops
 * change, since what threads may share is one nest; whether they may is asked of the loops as they will run;
 * places come last, as for scalars.
 */
import { checkLoops } from "../../loop/verify.ts";
import type { Kernel, LoopProgram } from "../../loop/types.ts";
import { freshIn, placeProgram } from "../schedule.ts";
import { dropUnitLoops } from "./drop-unit-loops.ts";
import { flushSubnormals } from "./flush-subnormals.ts";
import { markSplits } from "./mark-splits.ts";
import { scheduleVectors } from "./schedule-vectors.ts";
import type { VectorOptions } from "./schedule-vectors.ts";
import { splitKernels } from "./split-kernels.ts";
import { stepPointers } from "./step-pointers.ts";

/** The stages of this schedule that can be skipped, besides those that it shares with the scalar one. */
export const vectorStageNames = [
  "split-kernels",
  "drop-unit-loops",
  "vectorise",
  "flush-subnormals",
  "mark-splits",
  "share-kernels",
  "step-pointers",
] as const;

type VectorStage = (typeof vectorStageNames)[number];

/** On vectors, with one index an axis still. `leastCycles`: a kernel shorter than that is not worth sharing. */
export function vectorLoops(
  lowered: LoopProgram,
  options: VectorOptions & { readonly leastCycles?: number },
): LoopProgram {
  const { batchSize, leastCycles, skip } = options;
  /** Each program is checked after its stage. */
  const stage = (name: VectorStage, program: LoopProgram, run: () => LoopProgram): LoopProgram => {
    if (skip.has(name)) return program;
    const made = run();
    checkLoops(made, name);
    return made;
  };
  const split = stage("split-kernels", lowered, () => splitKernels(lowered, batchSize));
  const lean = stage("drop-unit-loops", split, () =>
    mapKernels(split, (kernel) => dropUnitLoops(kernel, freshIn(kernel))),
  );
  const onVectors = scheduleVectors(lean, options);
  checkLoops(onVectors, "schedule-vectors");
  const flushed = stage("flush-subnormals", onVectors, () =>
    mapKernels(onVectors, (kernel) => flushSubnormals(kernel, onVectors.buffers, freshIn(kernel))),
  );
  return stage("mark-splits", flushed, () => markSplits(flushed, { batchSize, leastCycles }));
}

/** With places in bytes, as `emit/wasm` prints it. */
export function placedVectors(
  program: LoopProgram,
  { batchSize, skip }: Pick<VectorOptions, "batchSize" | "skip">,
): LoopProgram {
  const placed = placeProgram(program, { batchSize, unit: "bytes" });
  checkLoops(placed, "place");
  if (skip.has("step-pointers")) return placed;
  const stepping = mapKernels(placed, (kernel) => stepPointers(kernel, freshIn(kernel)));
  checkLoops(stepping, "step-pointers");
  return stepping;
}

const mapKernels = (program: LoopProgram, map: (kernel: Kernel) => Kernel): LoopProgram => ({
  ...program,
  kernels: program.kernels.map(map),
});
