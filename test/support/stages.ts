// Runs single stages, and whole lists of them, on one graph or program, like the pipeline.
import type { Graph, Node } from "../../src/compiler/ir/nodes.ts";
import type { MemoryPlan } from "../../src/compiler/loop/types.ts";
import type { Buffer, LoopProgram } from "../../src/compiler/loop/types.ts";
import { planMemory } from "../../src/compiler/lower/plan-memory.ts";
import type { LowerContext } from "../../src/compiler/lower/lower-graph.ts";
import { lowering, scalarSchedule, vectorSchedule } from "../../src/compiler/pipeline.ts";
import { computeElementAddresses } from "../../src/compiler/schedule/compute-addresses.ts";
import type { ParallelContext } from "../../src/compiler/schedule/vectors/mark-parallel-loops.ts";
import type { Stage } from "../../src/compiler/stages/define.ts";
import type { Fresh, KernelContext } from "../../src/compiler/stages/loops.ts";
import { runStage, runStages } from "../../src/compiler/stages/run.ts";
import type { RunOptions } from "../../src/compiler/stages/run.ts";

export const afterStage = <In, Out, Context>(
  stage: Stage<In, Out, Context>,
  value: In,
  context: Context,
): Out => runStage(stage, [value], context)[0];

const skipping = (skip: readonly string[]): RunOptions => ({ skip: new Set(skip) });

/** The kernels of a graph. `copies` are values that the kernels recompute. */
export function loweredGraph(
  graph: Graph,
  context: LowerContext,
  skip: readonly string[] = [],
  copies: ReadonlySet<Node> = new Set(),
): LoopProgram {
  const run = skipping(skip);
  const naive = afterStage(lowering.toNests, { graph, copies }, context);
  const [nests] = runStages(lowering.nests, [naive], context, run);
  return runStages(lowering.kernels, [afterStage(lowering.toKernels, nests, context)], context, run)[0];
}

/** The scalar schedule before addresses are computed, with one index per axis. */
export const unplacedScalars = (program: LoopProgram, context: ParallelContext): LoopProgram =>
  runStages(
    scalarSchedule.loops.filter((stage) => stage !== computeElementAddresses),
    [program],
    context,
  )[0];

export const scheduledScalars = (
  program: LoopProgram,
  context: ParallelContext,
  skip: readonly string[] = [],
): LoopProgram => runStages(scalarSchedule.loops, [program], context, skipping(skip))[0];

/** The vector schedule up to a stage, with one index per axis. */
export const scheduledVectors = (
  program: LoopProgram,
  context: ParallelContext,
  { skip = [], stopAfter }: { readonly skip?: readonly string[]; readonly stopAfter?: string } = {},
): LoopProgram => runStages(vectorSchedule.loops, [program], context, { ...skipping(skip), stopAfter })[0];

/** A program on vectors with addresses in bytes. */
export const placedVectors = (program: LoopProgram, context: ParallelContext): LoopProgram =>
  runStages(vectorSchedule.addresses, [program], context)[0];

/** The memory plan of some programs. */
export const planOf = (
  programs: readonly LoopProgram[],
  storage: ReadonlyMap<string, Buffer>,
  batchSize: number,
): MemoryPlan => afterStage(planMemory, programs, { storage, batchSize }).plan;

/** The context of a stage on kernels, for kernels with these buffers. */
export const kernelContext = (
  fresh: Fresh,
  buffers: readonly Buffer[] = [],
  batchSize = 3,
): KernelContext => ({
  float: "f64",
  batchSize,
  buffers: new Map(buffers.map((buffer) => [buffer.name, buffer])),
  fresh,
});
