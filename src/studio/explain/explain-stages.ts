/**
 * What the stages behind the passes made of the loops: nests fused to kernels, values kept in variables,
 * temporaries made smaller. The graphs are lowered again, with one stage more each time, so that each stage
 * is told apart; the schedule changes none of these figures.
 */
import { sum } from "d3-array";
import type { LoopProgram } from "../../compiler/loop/types.ts";
import { loweringNames, lowerGraph } from "../../compiler/lower/lower-graph.ts";
import type { LowerOptions } from "../../compiler/lower/lower-graph.ts";
import { lifetimesOf, lowerBoundOf } from "../../compiler/lower/plan-memory.ts";
import { programNames } from "../../compiler/loop/program-names.ts";
import type { ProgramName } from "../../compiler/loop/program-names.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { ExplainedStage, LoopCounts } from "../explanation.ts";
import { countOptionsOf } from "./graph-counts.ts";
import { bytesTouched } from "./kernel-facts.ts";

/** What works on loops; the stage before them has graphs to show. */
export const stageNames = loweringNames.filter((name) => name !== "rematerialise");

/** Of the programs of the target ts, in order. */
export function explainStages(compilation: Compilation): ExplainedStage[] {
  const { batchSize } = compilation.model.training;
  return programNames.flatMap((program) => {
    const programs = loweredInStages(program, compilation);
    const counts = programs.map((lowered) => loopCounts(lowered, batchSize));
    return stageNames.flatMap((stage, i) =>
      programs.length === 0 ? [] : [{ program, stage, before: counts[i], after: counts[i + 1] }],
    );
  });
}

/** One node, one nest; then with each stage of lowering. */
function loweredInStages(program: ProgramName, compilation: Compilation): LoopProgram[] {
  const { lean, lowered } = compilation;
  const graph = lean.find(({ name }) => name === program);
  const last = lowered.find(({ name }) => name === program);
  if (graph === undefined || last === undefined) return [];
  const options = loweringOptions(compilation);
  const first = stageNames.map((_, done) =>
    lowerGraph(graph, { ...options, skip: new Set(stageNames.slice(done)) }),
  );
  return [...first, last];
}

/** With which a graph of the compilation is lowered as it was. */
export function loweringOptions(compilation: Compilation): Omit<LowerOptions, "skip"> {
  const { copies, plan } = compilation;
  const storage = new Map([...plan.storage].map(([name, { buffer }]) => [name, buffer]));
  return { ...countOptionsOf(compilation), storage, copies };
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
