/**
 * THE list: every stage of the compiler in order, with the reason wherever the order matters. One value goes through:
 * spec → graphs → differentiated graph → simplified graphs → loop programs → scheduled loops → source text.
 */
import type { GraphBuilder } from "./ir/builder.ts";
import type { Graph, Node } from "./ir/nodes.ts";
import { programNames } from "./loop/types.ts";
import type { LoopProgram, MemoryPlan, ProgramName } from "./loop/types.ts";
import { checkRoles } from "./loop/verify-roles.ts";
import { graphsOfStep } from "./graphs-of-step.ts";
import type { GraphsOfStep } from "./graphs-of-step.ts";
import { formKernels } from "./lower/form-kernels.ts";
import { forwardStores } from "./lower/forward-stores.ts";
import { fuseLoops } from "./lower/fuse-loops.ts";
import { groupReductions } from "./lower/group-reductions.ts";
import { lowerGraph } from "./lower/lower-graph.ts";
import type { LowerContext } from "./lower/lower-graph.ts";
import type { Nests } from "./lower/nests.ts";
import { planMemory } from "./lower/plan-memory.ts";
import { rematerialise } from "./lower/rematerialise.ts";
import type { Rematerialised } from "./lower/rematerialise.ts";
import { shrinkTemporaries } from "./lower/shrink-temporaries.ts";
import { createBuilder } from "./ops/index.ts";
import { graphs as graphRepresentation } from "./passes/define.ts";
import type { Pass, PassContext } from "./passes/define.ts";
import { differentiate } from "./passes/differentiate.ts";
import { eraseStopGradients } from "./passes/erase-stop-gradients.ts";
import { foldConstants } from "./passes/fold-constants.ts";
import { removeDeadNodes } from "./passes/remove-dead-nodes.ts";
import { shareSubexpressions } from "./passes/share-subexpressions.ts";
import { simplify } from "./passes/simplify.ts";
import { blockContractions } from "./schedule/block-contractions.ts";
import { collapseLoops } from "./schedule/collapse-loops.ts";
import { hoistInvariants } from "./schedule/hoist-invariants.ts";
import { placeInBytes, placeInElements } from "./schedule/place.ts";
import { shareExpressions } from "./schedule/share-expressions.ts";
import { dropUnitLoops } from "./schedule/vectors/drop-unit-loops.ts";
import { estimateCycles } from "./schedule/vectors/estimate-cycles.ts";
import { flushSubnormals } from "./schedule/vectors/flush-subnormals.ts";
import { markSplits } from "./schedule/vectors/mark-splits.ts";
import type { SplitContext } from "./schedule/vectors/mark-splits.ts";
import { shareKernels } from "./schedule/vectors/share-kernels.ts";
import { splitKernels } from "./schedule/vectors/split-kernels.ts";
import { stepPointers } from "./schedule/vectors/step-pointers.ts";
import { vectoriseLoops } from "./schedule/vectors/vectorise-loops.ts";
import { onTrainedWeights } from "./spec/build-update.ts";
import { buildGraphs } from "./spec/build.ts";
import type { ModelGraphs } from "./spec/build.ts";
import { afterList, runStage, runStages } from "./stages/run.ts";
import type { RunOptions, StageReport } from "./stages/run.ts";
import type { Stage, StageFacts, StageOn } from "./stages/define.ts";
import type { LoopStage } from "./stages/loops.ts";
import { storageOf } from "./trainer/storage.ts";
import type { Model } from "./spec/types.ts";

/** Which loops are made and scheduled: none, those on scalars, or these and the same on vectors. */
export type Schedule = "none" | "scalars" | "vectors";

/** Graph → graph, for each graph of a model. Differentiation runs before them, on the training graph. */
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

/** Graph → nests → kernels, for each graph. The representation changes twice; each part keeps it. */
export const lowering: Lowering = {
  graphs: [rematerialise],
  toNests: lowerGraph,
  nests: [
    groupReductions, // before fusion, which joins a nest to one before it: fewer nests are then in between
    fuseLoops,
    forwardStores, // after fusion: a load reads a variable only where the store is in the same nest
  ],
  toKernels: formKernels, // after forwarding, which leaves nests without statements and buffers that nothing stores
  kernels: [shrinkTemporaries],
};

/** Kernels → kernels as they run, on scalars. */
export const scalarSchedule: readonly LoopStage[] = [
  blockContractions, // first: it needs perfect nests
  collapseLoops, // while the nests of sums are perfect
  hoistInvariants, // before sharing, so that what is shared is what changes in the loop
  shareExpressions,
  placeInElements, // last: the others compare accesses axis by axis
];

/** The same on vectors; in two parts, since views show the kernels between them. */
export const vectorSchedule: VectorSchedule = {
  loops: [
    splitKernels, // before loops change: what threads may share is one nest
    dropUnitLoops, // before tiling: what is around a loop of one iteration becomes a perfect nest
    collapseLoops, // before vectors: longer sums fill more of them
    vectoriseLoops, // while each access has one index an axis
    hoistInvariants,
    shareExpressions,
    estimateCycles, // before loops are divided: then each part is estimated for itself
    flushSubnormals, // after vectors: only their stores are flushed
    markSplits, // whether iterations may be divided is asked of the loops as they run
    shareKernels, // after splits: equal kernels are divided alike
  ],
  places: [
    placeInBytes,
    stepPointers, // after places: it steps through them
  ],
};

export interface Lowering {
  readonly graphs: readonly StageOn<Rematerialised, LoweringContext>[];
  readonly toNests: Stage<Rematerialised, Nests, LowerContext>;
  readonly nests: readonly StageOn<Nests, LowerContext>[];
  readonly toKernels: Stage<Nests, LoopProgram, LowerContext>;
  readonly kernels: readonly LoopStage[];
}

export interface VectorSchedule {
  readonly loops: readonly LoopStage<SplitContext>[];
  readonly places: readonly LoopStage[];
}

/** All lists; a test compiles with a stage of them replaced. */
export interface StageLists {
  readonly graphPasses: readonly Pass[];
  readonly lowering: Lowering;
  readonly scalarSchedule: readonly LoopStage[];
  readonly vectorSchedule: VectorSchedule;
}
const allLists: StageLists = { graphPasses, lowering, scalarSchedule, vectorSchedule };

/** The stages of lowering in order. */
export const stagesOfLowering = ({
  graphs,
  toNests,
  nests,
  toKernels,
  kernels,
}: Lowering): readonly StageFacts[] => [...graphs, toNests, ...nests, toKernels, ...kernels];

export interface PipelineOptions {
  /** `scalars` if left out. */
  readonly schedule?: Schedule;
  readonly dtype: "f32" | "f64";
  /** Leave out rules that may change rounding. */
  readonly exact?: boolean;
  /** Names of stages to leave out. */
  readonly skip?: readonly string[] | undefined;
  /** The last stage by name: after it only required stages run. */
  readonly stopAfter?: string | undefined;
  /** Have a program that gives the values of the layers, to look at. */
  readonly probe?: boolean;
  /** Derive no gradients: `gradient` then gives the loss alone, at a third of the cost. */
  readonly lossOnly?: boolean;
  readonly watch?: (report: StageReport) => void;
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

/** What stages know besides the value that they work on. */
export type LoweringContext = PassContext & LowerContext;
export type VectorContext = SplitContext & Pick<LowerContext, "storage">;

/** From a model to scheduled loops in a planned arena. */
export function compileModel(model: Model, options: PipelineOptions, lists = allLists): Compilation {
  const { dtype, schedule, exact = false, skip = [], stopAfter, watch } = options;
  const { batchSize } = model.training;
  const g = createBuilder(dtype);
  const built = buildGraphs(model, dtype);
  const { derived, ofStep } = differentiated(model, built, options, g);
  const run: RunOptions = { skip: new Set(skip), stopAfter, watch };

  const simplified = (graph: Graph) =>
    runStages(lists.graphPasses, [graph], { g, exact }, { ...run, list: "graph passes" })[0];
  const graphs = mapGraphs({ ...derived, ...ofStep }, simplified);
  const storage = storageOf(model, built, graphs, dtype);
  const context: LoweringContext = { g, exact, float: dtype, batchSize, storage };
  const toLower = schedule === "none" ? [] : programNames.flatMap((name) => graphs[name] ?? []);
  const lowerRun = afterList(lists.graphPasses, run);
  const { lean, copies, lowered } = lowerGraphs(toLower, context, lowerRun, lists.lowering);

  const scheduleRun = afterList(stagesOfLowering(lists.lowering), lowerRun);
  const programs = runStages(lists.scalarSchedule, lowered, context, {
    ...scheduleRun,
    list: "scalar schedule",
  });
  // The plan reads the scheduled loops: forwarding and hoisting decide which buffers there are.
  const plan = planMemory(programs, storage, batchSize);
  const vectors =
    schedule === "vectors" ? scheduleVectors(lowered, context, scheduleRun, lists.vectorSchedule) : undefined;
  return { model, built, derived, graphs, lean, copies, lowered, programs, plan, vectors };
}

/** The graphs with gradients; `ofStep` replaces some where a step is more than the gradients of one batch. */
function differentiated(
  model: Model,
  built: ModelGraphs,
  { probe, lossOnly = false }: PipelineOptions,
  g: GraphBuilder,
): { readonly derived: Differentiated; readonly ofStep: GraphsOfStep } {
  const trainable = built.parameters.flatMap((each) => (each.trainable && !lossOnly ? [each.name] : []));
  const gradient = differentiate(built.training, trainable, g).graph;
  const derived: Differentiated = {
    gradient: { ...gradient, name: "gradient" },
    update: { ...built.update, name: "update" },
    predict: { ...built.predict, name: "predict" },
    evaluate: { ...built.evaluate, name: "evaluate" },
    summarise: { ...built.summarise, name: "summarise" },
    ...(probe && { probe: onTrainedWeights(model, built.parameters, built.layers, g) }),
  };
  const ofStep = graphsOfStep(model, built, derived.gradient, trainable, g);
  mapGraphs(derived, (graph) => checked(graph, "differentiate"));
  mapGraphs({ ...derived, ...ofStep }, (graph) => checked(graph, "differentiate"));
  return { derived, ofStep };
}

function checked(graph: Graph, after: string): Graph {
  graphRepresentation.check(graph, after);
  return graph;
}

const mapGraphs = (graphs: Differentiated, map: (graph: Graph) => Graph): Differentiated => ({
  begin: graphs.begin && map(graphs.begin),
  measure: graphs.measure && map(graphs.measure),
  gradient: map(graphs.gradient),
  update: map(graphs.update),
  predict: map(graphs.predict),
  evaluate: map(graphs.evaluate),
  summarise: map(graphs.summarise),
  probe: graphs.probe && map(graphs.probe),
});

/** What lowering makes of graphs: the graphs with the values that are computed twice, and their kernels. */
export type Lowered = Pick<Compilation, "lean" | "copies" | "lowered">;

export function lowerGraphs(
  given: readonly Graph[],
  context: LoweringContext,
  options: RunOptions = {},
  { graphs, toNests, nests, toKernels, kernels } = lowering,
): Lowered {
  const run = { ...options, list: "lowering" };
  const start = given.map((graph): Rematerialised => ({ graph, copies: new Set() }));
  const lean = runStages(graphs, start, context, run);
  const naive = runStage(toNests, lean, context, run);
  const fused = runStages(nests, naive, context, afterList([...graphs, toNests], run));
  const formed = runStage(toKernels, fused, context, run);
  const before = [...graphs, toNests, ...nests, toKernels];
  const lowered = runStages(kernels, formed, context, afterList(before, run));
  for (const program of lowered) checkRoles(program, context.batchSize, "lowering");
  return {
    lean: lean.map(({ graph }) => graph),
    copies: new Set(lean.flatMap(({ copies }) => [...copies])),
    lowered,
  };
}

/**
 * The programs on vectors. Their kernels are not those on scalars, so their temporaries live from and to other points.
 */
export function scheduleVectors(
  lowered: readonly LoopProgram[],
  context: VectorContext,
  options: RunOptions = {},
  { loops: onLoops, places } = vectorSchedule,
): VectorPrograms {
  const { storage, batchSize, float } = context;
  const run = { ...options, list: "vector schedule" };
  const loops = runStages(onLoops, lowered, context, run);
  const programs = runStages(places, loops, context, afterList(onLoops, run));
  return { programs, plan: planMemory(programs, storage, batchSize), loops, float };
}
