/**
 * THE list: every stage of the compiler in order, with the reason wherever the order matters. One value goes through:
 * spec → graphs → differentiated graph → simplified graphs → loop programs → scheduled loops. `emission.ts` makes
 * text of them.
 */
import type { Graph, Node } from "./ir/nodes.ts";
import type { MemoryPlan } from "./loop/memory.ts";
import { programNames, type ProgramName } from "./loop/program-names.ts";
import type { Buffer, LoopProgram } from "./loop/types.ts";
import { checkRoles } from "./loop/verify-roles.ts";
import { checkLoops } from "./loop/verify.ts";
import { graphsOfStep } from "./graphs-of-step.ts";
import type { GraphsOfStep } from "./graphs-of-step.ts";
import { lowerGraph } from "./lower/lower-graph.ts";
import { planMemory } from "./lower/plan-memory.ts";
import { rematerialise } from "./lower/rematerialise.ts";
import type { Rematerialised } from "./lower/rematerialise.ts";
import { createBuilder } from "./ops/index.ts";
import type { Pass } from "./passes/define.ts";
import { differentiate } from "./passes/differentiate.ts";
import { eraseStopGradients } from "./passes/erase-stop-gradients.ts";
import { foldConstants } from "./passes/fold-constants.ts";
import { removeDeadNodes } from "./passes/remove-dead-nodes.ts";
import { checkGraph, runPasses } from "./passes/run.ts";
import type { PassReport, RunOptions } from "./passes/run.ts";
import { shareSubexpressions } from "./passes/share-subexpressions.ts";
import { simplify } from "./passes/simplify.ts";
import { scheduleProgram } from "./schedule/schedule.ts";
import type { VectorOptions } from "./schedule/vectors/schedule-vectors.ts";
import { shareKernels } from "./schedule/vectors/share-kernels.ts";
import { placedVectors, vectorLoops } from "./schedule/vectors/vector-programs.ts";
import { onTrainedWeights } from "./spec/build-average.ts";
import { buildGraphs } from "./spec/build.ts";
import type { ModelGraphs } from "./spec/build.ts";
import { storageOf } from "./trainer/storage.ts";
import type { Model } from "./spec/types.ts";

/** Which loops are made and scheduled: none, those on scalars, or these and the same on vectors. */
export type Schedule = "none" | "scalars" | "vectors";

/** Graph → graph, for each of the five graphs of a model. Differentiation runs before them, on the training graph. */
export const graphPasses: readonly Pass[] = [
  eraseStopGradients, // after differentiation, which needs them; before sharing, which would tell x from stopGradient x
  foldConstants, // first, so that rules see numbers
  simplify,
  shareSubexpressions, // rules make equal nodes; some rules (factoring) ask for one and the same operand
  simplify,
  foldConstants,
  shareSubexpressions,
  removeDeadNodes,
];

export interface PipelineOptions {
  /** `scalars` if left out. */
  readonly schedule?: Schedule;
  readonly dtype: "f32" | "f64";
  /** Leave out rules that may change rounding. */
  readonly exact?: boolean;
  /** Names of passes and loop stages to leave out. */
  readonly skip?: readonly string[];
  readonly stopAfter?: string;
  /** Have a program that gives the values of the layers, to look at. */
  readonly probe?: boolean;
  /** Derive no gradients: `gradient` then gives the loss alone, at a third of the cost. */
  readonly lossOnly?: boolean;
  readonly watch?: (report: PassReport) => void;
}

/** The graphs of a model after differentiation, in the order of their programs; the last where it is asked for. */
export interface Differentiated extends GraphsOfStep {
  readonly update: Graph;
  readonly predict: Graph;
  readonly evaluate: Graph;
  readonly summarise: Graph;
  readonly probe?: Graph | undefined;
}

/** Every stage of one compilation; views and targets read what they need. */
export interface Compilation {
  readonly model: Model;
  readonly built: ModelGraphs;
  /** With gradients, before and after the graph passes. */
  readonly derived: Differentiated;
  readonly graphs: Differentiated;
  /** In the order of their programs, as they were lowered: what is cheap stands twice where that saves memory. */
  readonly lean: readonly Graph[];
  /** The values of them that stand there a second time. */
  readonly copies: ReadonlySet<Node>;
  /** As fused, and as scheduled. */
  readonly lowered: readonly LoopProgram[];
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  /** The programs on vectors, where they are asked for. Storage lies where `plan` has it, temporaries do not. */
  readonly vectors?: VectorPrograms | undefined;
}

/** Programs, and the arena that they work on. */
export interface PlannedPrograms {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
}

/** Programs on vectors, with every place in bytes. */
export interface VectorPrograms extends PlannedPrograms {
  /** The same kernels before they were placed: one index an axis. */
  readonly loops: readonly LoopProgram[];
  readonly float: "f32" | "f64";
}

export type { ProgramName };

/** From a model to scheduled loops in a planned arena. */
export function compileModel(model: Model, options: PipelineOptions): Compilation {
  const g = createBuilder(options.dtype);
  const skip = new Set(options.skip ?? []);
  const run: RunOptions = {
    exact: options.exact ?? false,
    skip,
    stopAfter: options.stopAfter,
    watch: options.watch,
  };
  const built = buildGraphs(model, options.dtype);

  const isWanted = ({ trainable }: { readonly trainable: boolean }) => trainable && options.lossOnly !== true;
  const trainable = built.parameters.filter(isWanted).map(({ name }) => name);
  const gradient = differentiate(built.training, trainable, g).graph;
  const derived: Differentiated = {
    gradient: { ...gradient, name: "gradient" },
    update: { ...built.update, name: "update" },
    predict: { ...built.predict, name: "predict" },
    evaluate: { ...built.evaluate, name: "evaluate" },
    summarise: { ...built.summarise, name: "summarise" },
    ...(options.probe && { probe: onTrainedWeights(model, built.parameters, built.layers, g) }),
  };
  const { begin, measure, gradient: ofStep } = graphsOfStep(model, built, derived.gradient, trainable, g);
  for (const graph of [begin, measure, ofStep, ...Object.values(derived)])
    if (graph !== undefined) checkGraph(graph, "differentiate");
  const simplified = (graph: Graph) => runPasses(graph, graphPasses, g, run);
  const graphs: Differentiated = {
    begin: begin && simplified(begin),
    measure: measure && simplified(measure),
    gradient: simplified(ofStep),
    update: simplified(derived.update),
    predict: simplified(derived.predict),
    evaluate: simplified(derived.evaluate),
    summarise: simplified(derived.summarise),
    probe: derived.probe && simplified(derived.probe),
  };

  const { batchSize } = model.training;
  const storage = storageOf(model, built, graphs, options.dtype);
  const toLower = options.schedule === "none" ? [] : programNames.flatMap((name) => graphs[name] ?? []);
  const lean = toLower.map((graph): Rematerialised =>
    skip.has("rematerialise") ? { graph, copies: new Set() } : rematerialise(graph, g, batchSize),
  );
  const lowering = { float: options.dtype, batchSize, storage, skip };
  const lowered = lean.map(({ graph, copies }) => lowerGraph(graph, { ...lowering, copies }));
  for (const program of lowered) {
    checkLoops(program, "lowering");
    checkRoles(program, batchSize, "lowering");
  }
  const programs = lowered.map((program) => scheduleProgram(program, { batchSize, skip }));
  for (const program of programs) checkLoops(program, "scheduling");
  // The plan reads the scheduled loops: forwarding and hoisting decide which buffers there are.
  const plan = planMemory(programs, storage, batchSize);
  const vectors =
    options.schedule === "vectors"
      ? vectorPrograms(lowered, storage, { batchSize, skip, float: options.dtype })
      : undefined;
  const copies = new Set(lean.flatMap((each) => [...each.copies]));
  return {
    model,
    built,
    derived,
    graphs,
    lean: lean.map(({ graph }) => graph),
    copies,
    lowered,
    programs,
    plan,
    vectors,
  };
}

/**
 * The programs on vectors. Their kernels are not those on scalars, so their
 * temporaries live from and to other points.
 */
function vectorPrograms(
  lowered: readonly LoopProgram[],
  storage: ReadonlyMap<string, Buffer>,
  options: VectorOptions,
): VectorPrograms {
  const { batchSize, float } = options;
  const scheduled = lowered.map((program) => vectorLoops(program, options));
  const loops = options.skip.has("share-kernels") ? scheduled : shareKernels(scheduled, batchSize);
  const programs = loops.map((program) => placedVectors(program, options));
  return { programs, plan: planMemory(programs, storage, batchSize), loops, float };
}
