/**
 * What the stages of lowering made of the loops: nests fused to kernels, values kept in variables, temporaries made
 * smaller. The figures are those of the loops before and after each stage, as the runner reported them; the schedules
 * change none of them.
 */
import { sum } from "d3-array";
import type { LoopProgram } from "../../compiler/loop/types.ts";
import { lifetimesOf, lowerBoundOf } from "../../compiler/lower/plan-memory.ts";
import { programNames } from "../../compiler/loop/program-names.ts";
import { lowering } from "../../compiler/pipeline.ts";
import { isLoopProgram } from "../../compiler/stages/define.ts";
import type { ExplainedStage, LoopCounts } from "../explanation.ts";
import { bytesTouched } from "./kernel-facts.ts";
import type { Subject } from "./subject.ts";

/** The stages of lowering that work on loops and can be left out; those on graphs have graphs to show. */
export const stageNames: readonly string[] = [...lowering.nests, ...lowering.kernels].map(({ name }) => name);

/** Of the programs before they are scheduled, in order. */
export function explainStages({
  compilation,
  reports,
}: Pick<Subject, "compilation" | "reports">): ExplainedStage[] {
  const { batchSize } = compilation.model.training;
  const shown = reports.filter(({ stage, list }) => list === "lowering" && stageNames.includes(stage));
  return programNames.flatMap((program) => {
    const own = shown.filter(({ before }) => before.name === program);
    const counts = [...own.slice(0, 1).map(({ before }) => before), ...own.map(({ after }) => after)]
      .filter(isLoopProgram)
      .map((loops) => loopCounts(loops, batchSize));
    return own.map(({ stage }, i) => ({ program, stage, before: counts[i], after: counts[i + 1] }));
  });
}

export function loopCounts(program: LoopProgram, batchSize: number): LoopCounts {
  const { kernels, buffers } = program;
  return {
    kernels: kernels.length,
    temporaries: [...buffers.values()].filter(({ region }) => region === "temporary").length,
    bytesTouched: sum(kernels, (kernel) => bytesTouched(kernel, program, batchSize)),
    peakBytes: lowerBoundOf(program, lifetimesOf(program), batchSize),
  };
}
