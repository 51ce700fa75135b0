/**
 * What the stages of lowering and the memory plan made of the loops: nests fused to kernels, values kept in variables,
 * temporaries contracted and placed in the arena. The counts are those of the loops before and after each stage, as
 * the runner reported them. The scalar schedule between lowering and the plan changes none of them.
 */
import { sum } from "d3-array";
import type { LoopProgram } from "../../compiler/loop/types.ts";
import { lifetimesOf, lowerBoundOf } from "../../compiler/lower/plan-memory.ts";
import { programNames } from "../../compiler/loop/program-names.ts";
import type { PlannedProgram } from "../../compiler/loop/memory.ts";
import { lowering, scalarSchedule } from "../../compiler/pipeline.ts";
import { isLoopProgram, isPlanned } from "../../compiler/stages/define.ts";
import type { ExplainedStage, LoopCounts } from "../explanation.ts";
import { bytesTouched } from "./kernel-facts.ts";
import type { Subject } from "./subject.ts";

/** The stages on loops that have counts to show, by the name of their list. */
const shown: Readonly<Partial<Record<string, readonly string[]>>> = {
  lowering: [...lowering.nests, ...lowering.kernels].map(({ name }) => name),
  "scalar schedule": [scalarSchedule.plan.name],
};
export const loopStageNames: readonly string[] = Object.values(shown).flatMap((names) => names ?? []);

/** Program by program, in the order in which the stages ran. */
export function explainStages({
  compilation,
  reports,
}: Pick<Subject, "compilation" | "reports">): ExplainedStage[] {
  const { batchSize } = compilation.model.training;
  return programNames.flatMap((program) => {
    const own = reports.filter(
      ({ stage, list, before }) => shown[list]?.includes(stage) && before.name === program,
    );
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
    peakBytes: isPlanned(program)
      ? plannedBytes(program)
      : lowerBoundOf(program, lifetimesOf(program), batchSize),
  };
}

/** The bytes of the arena that the temporaries of a program take. */
function plannedBytes({ name, plan }: PlannedProgram): number {
  const places = [...(plan.temporaries.get(name)?.values() ?? [])];
  const start = Math.min(...places.map(({ offset }) => offset));
  return Math.max(0, ...places.map(({ offset, bytes }) => offset + bytes - start));
}
