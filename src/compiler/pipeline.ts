/**
 * The list of all stages of the compiler, in order, with a reason wherever the order matters. The stages lead
 * from a spec to source text: spec → graphs → graphs of a step → simplified graphs → loop programs →
 * scheduled, planned loops → source text.
 */
import { invariant } from "./diagnostics/errors.ts";
import type { GraphBuilder } from "./ir/builder.ts";
import { makeGraph } from "./ir/nodes.ts";
import type { Graph, Node } from "./ir/nodes.ts";
import type { MemoryPlan, PlannedPrograms } from "./loop/types.ts";
import { programNames, type ProgramName } from "./loop/types.ts";
import type { LoopProgram } from "./loop/types.ts";
import { checkRoles } from "./loop/verify-roles.ts";
import { formKernels } from "./lower/form-kernels.ts";
import { scalarReplacement } from "./lower/scalar-replacement.ts";
import { fuseLoops } from "./lower/fuse-loops.ts";
import { groupReductions } from "./lower/group-reductions.ts";
import { lowerGraph } from "./lower/lower-graph.ts";
import type { LowerContext } from "./lower/lower-graph.ts";
import type { Nests } from "./lower/nests.ts";
import { planMemory } from "./lower/plan-memory.ts";
import type { PlanContext } from "./lower/plan-memory.ts";
import { rematerialise } from "./lower/rematerialise.ts";
import type { Rematerialised } from "./lower/rematerialise.ts";
import { contractArrays } from "./lower/contract-arrays.ts";
import { createBuilder } from "./ops/index.ts";
import { accumulateGradients } from "./passes/accumulate-gradients.ts";
import type { AccumulateContext } from "./passes/accumulate-gradients.ts";
import { averageWeights } from "./passes/average-weights.ts";
import type { AverageContext } from "./passes/average-weights.ts";
import type { Pass, PassContext } from "./passes/define.ts";
import { differentiate } from "./passes/differentiate.ts";
import type { DifferentiateContext } from "./passes/differentiate.ts";
import { eraseStopGradients } from "./passes/erase-stop-gradients.ts";
import { foldConstants } from "./passes/fold-constants.ts";
import { moveTransposes } from "./passes/move-transposes.ts";
import { removeDeadNodes } from "./passes/remove-dead-nodes.ts";
import { shareSubexpressions } from "./passes/share-subexpressions.ts";
import { simplify } from "./passes/simplify.ts";
import { registerBlocking } from "./schedule/register-blocking.ts";
import { collapseLoops } from "./schedule/collapse-loops.ts";
import { hoistInvariants } from "./schedule/hoist-invariants.ts";
import { computeByteAddresses, computeElementAddresses } from "./schedule/compute-addresses.ts";
import { eliminateCommonSubexpressions } from "./schedule/eliminate-common-subexpressions.ts";
import { dropUnitLoops } from "./schedule/vectors/drop-unit-loops.ts";
import { estimateCycles } from "./schedule/vectors/estimate-cycles.ts";
import { flushSubnormals } from "./schedule/vectors/flush-subnormals.ts";
import { markParallelLoops } from "./schedule/vectors/mark-parallel-loops.ts";
import type { ParallelContext } from "./schedule/vectors/mark-parallel-loops.ts";
import { deduplicateKernels } from "./schedule/vectors/deduplicate-kernels.ts";
import { distributeLoops } from "./schedule/vectors/distribute-loops.ts";
import { reduceStrength } from "./schedule/vectors/reduce-strength.ts";
import { vectoriseLoops } from "./schedule/vectors/vectorise-loops.ts";
import { buildGraphs } from "./spec/build.ts";
import type { ModelGraphs } from "./spec/build.ts";
import { afterList, runStage, runStages } from "./stages/run.ts";
import type { RunOptions, StageReport } from "./stages/run.ts";
import type { Stage, StageFacts, StageOn } from "./stages/define.ts";
import type { LoopStage } from "./stages/loops.ts";
import { storageOf } from "./trainer/storage.ts";
import type { Model } from "./spec/types.ts";

/** The loops that the compiler builds and schedules: none, scalar loops, or both scalar and vector loops. */
export type Schedule = "none" | "scalars" | "vectors";

/** Built graphs → the graphs of a step. All stages are required: they decide what a step computes. */
export const derivation: Derivation = {
  differentiate,
  step: [
    accumulateGradients, // after differentiation: it replaces the gradients of one batch with those of a group
    averageWeights, // last: every graph that training runs must read the weights that the optimizer updates
  ],
};

/** Graph → graph, for each graph of a model. */
export const graphPasses: readonly Pass[] = [
  eraseStopGradients, // after differentiation, which needs them; before sharing, which they would hinder
  foldConstants, // before the rules, so that they see constants
  simplify,
  shareSubexpressions, // rules create equal nodes, and some rules (factoring) require identical operands
  moveTransposes, // after the rules that remove transposes; before `simplify`, which merges those that remain
  simplify,
  foldConstants,
  shareSubexpressions,
  removeDeadNodes,
];

/**
 * Graph → loop nests → kernels, for each graph. `toNests` and `toKernels` change the representation; the
 * other stages preserve it.
 */
export const lowering: Lowering = {
  graphs: [rematerialise],
  toNests: lowerGraph,
  nests: [
    groupReductions, // before fusion, which merges a nest into an earlier one: fewer nests then separate the two
    fuseLoops,
    scalarReplacement, // after fusion: a load becomes a variable only if the store is in the same nest
  ],
  toKernels: formKernels, // after scalar replacement, which leaves empty nests and unused buffers
  kernels: [contractArrays],
};

/** Lowered kernels → the scalar kernels that run, with their memory plan. */
export const scalarSchedule: ScalarSchedule = {
  loops: [
    registerBlocking, // first: it needs perfect nests
    collapseLoops, // while the nests of sums are perfect
    hoistInvariants, // before common subexpressions are eliminated: only those that vary in a loop remain in it
    eliminateCommonSubexpressions,
    computeElementAddresses, // last: the other stages compare accesses axis by axis
  ],
  plan: planMemory, // after all others: scalar replacement and hoisting decide which buffers exist
};

/**
 * Lowered kernels → vector kernels. Views show the kernels before their addresses are computed, so the stages
 * that compute addresses are in a separate list.
 */
export const vectorSchedule: VectorSchedule = {
  loops: [
    distributeLoops, // first, because threads share one nest and later stages change the nests
    dropUnitLoops, // before vectorising: the loops around a loop of one iteration become a perfect nest
    collapseLoops, // before vectorising: longer sums fill more lanes
    vectoriseLoops, // while each access has one index per axis
    hoistInvariants,
    eliminateCommonSubexpressions,
    estimateCycles, // before loops are divided: each part then has its own estimate
    flushSubnormals, // after vectorising: only vector stores are flushed
    markParallelLoops, // on the final loops: it checks whether their iterations are independent
    deduplicateKernels, // after marking: equal kernels are divided in the same way
  ],
  addresses: [
    computeByteAddresses,
    reduceStrength, // after addresses are computed: it replaces their multiplications with increments
  ],
  plan: planMemory, // there are more kernels than in the scalar schedule, so temporaries have different lifetimes
};

export interface Derivation {
  readonly differentiate: StageOn<Graph, DifferentiateContext>;
  readonly step: readonly StageOn<Graph, DerivationContext>[];
}

export interface Lowering {
  readonly graphs: readonly StageOn<Rematerialised, LoweringContext>[];
  readonly toNests: Stage<Rematerialised, Nests, LowerContext>;
  readonly nests: readonly StageOn<Nests, LowerContext>[];
  readonly toKernels: Stage<Nests, LoopProgram, LowerContext>;
  readonly kernels: readonly LoopStage[];
}

type PlanStage = Stage<readonly LoopProgram[], PlannedPrograms, PlanContext>;

export interface ScalarSchedule {
  readonly loops: readonly LoopStage[];
  readonly plan: PlanStage;
}

export interface VectorSchedule {
  readonly loops: readonly LoopStage<ParallelContext>[];
  readonly addresses: readonly LoopStage[];
  readonly plan: PlanStage;
}

/** The stages of the compiler by list. A test can pass lists in which a stage is replaced. */
export interface StageLists {
  readonly derivation: Derivation;
  readonly graphPasses: readonly Pass[];
  readonly lowering: Lowering;
  readonly scalarSchedule: ScalarSchedule;
  readonly vectorSchedule: VectorSchedule;
}
export const stageLists: StageLists = { derivation, graphPasses, lowering, scalarSchedule, vectorSchedule };

/** The stages of each part of the pipeline, in order. */
export const stagesOf = ({
  derivation: { differentiate, step },
  graphPasses,
  lowering: { graphs, toNests, nests, toKernels, kernels },
  scalarSchedule: scalars,
  vectorSchedule: vectors,
}: StageLists): Readonly<Record<ListName, readonly StageFacts[]>> => ({
  derivation: [differentiate, ...step],
  "graph passes": graphPasses,
  lowering: [...graphs, toNests, ...nests, toKernels, ...kernels],
  "scalar schedule": [...scalars.loops, scalars.plan],
  "vector schedule": [...vectors.loops, ...vectors.addresses, vectors.plan],
});

export type ListName = "derivation" | "graph passes" | "lowering" | "scalar schedule" | "vector schedule";

export interface PipelineOptions {
  /** Default: `scalars`. */
  readonly schedule?: Schedule;
  readonly dtype: "f32" | "f64";
  /** Skip rewrite rules that may change rounding. */
  readonly exact?: boolean;
  /** The names of the stages to skip. */
  readonly skip?: readonly string[] | undefined;
  /** The name of the last optional stage. Required stages still run after it. */
  readonly stopAfter?: string | undefined;
  /** Add the program `probe`, which outputs the values of the layers for inspection. */
  readonly probe?: boolean;
  /** Do not derive gradients. The program `gradient` then computes only the loss, at a third of the cost. */
  readonly lossOnly?: boolean;
  readonly watch?: (report: StageReport) => void;
}

/** The graphs of a model by program. Many models have no `begin` and `measure`; `probe` is optional. */
export type ProgramGraphs = Readonly<
  Record<Exclude<ProgramName, OptionalProgram>, Graph> & Partial<Record<OptionalProgram, Graph>>
>;
type OptionalProgram = "begin" | "measure" | "probe";

/** The results of all parts of the pipeline. Views and targets read those that they need. */
export interface Compilation {
  readonly model: Model;
  readonly built: ModelGraphs;
  /** The graphs with the gradients of one batch. */
  readonly derived: ProgramGraphs;
  /** The graphs of a whole step, before and after the graph passes. */
  readonly step: ProgramGraphs;
  readonly graphs: ProgramGraphs;
  /** The lowered graphs, in program order. To save memory, they may compute a cheap value twice. */
  readonly rematerialised: readonly Graph[];
  /** The nodes that repeat another node in `rematerialised`. */
  readonly copies: ReadonlySet<Node>;
  /** The programs after fusion, and after scheduling. */
  readonly lowered: readonly LoopProgram[];
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  /** The vector programs, if the target needs them. Only storage has the same addresses as in `plan`. */
  readonly vectors?: VectorPrograms | undefined;
}

/** The parts of a compilation that do not depend on loops. */
export type CompiledGraphs = Pick<Compilation, "model" | "built" | "derived" | "step" | "graphs">;

/** Vector programs in which every address is in bytes. */
export interface VectorPrograms extends PlannedPrograms {
  /** The same kernels before addresses are computed: each access has one index per axis. */
  readonly loops: readonly LoopProgram[];
  readonly float: "f32" | "f64";
}

export type { ProgramName };

/** The information that stages need besides the value that they transform. */
export type DerivationContext = DifferentiateContext & AccumulateContext & AverageContext;
export type LoweringContext = PassContext & LowerContext;
export type VectorContext = ParallelContext & Pick<LowerContext, "storage">;

/** Compiles a model to scheduled loops with a memory plan. */
export function compileModel(model: Model, options: PipelineOptions, lists = stageLists): Compilation {
  const { dtype, schedule, exact = false, skip = [], stopAfter, watch } = options;
  const { batchSize } = model.training;
  const stages = stagesOf(lists);
  const g = createBuilder(dtype);
  const built = buildGraphs(model, dtype);

  const derivationRun: RunOptions = { skip: new Set(skip), stopAfter, watch };
  const derivationContext = derivationContextOf(model, built, options, g);
  const { derived, step } = deriveGraphs(
    startingGraphs(built, options.probe),
    derivationContext,
    derivationRun,
    lists.derivation,
  );
  const passRun = { ...afterList(stages.derivation, derivationRun), list: "graph passes" };
  const graphs = byProgram(runStages(lists.graphPasses, step, { g, exact }, passRun));

  const storage = storageOf(model, built, graphs, dtype);
  const context: LoweringContext = { g, exact, float: dtype, batchSize, storage };
  const toLower = schedule === "none" ? [] : programNames.flatMap((name) => graphs[name] ?? []);
  const lowerRun = afterList(lists.graphPasses, passRun);
  const { rematerialised, copies, lowered } = lowerGraphs(toLower, context, lowerRun, lists.lowering);

  const scheduleRun = afterList(stages.lowering, lowerRun);
  const { programs, plan } = scheduleScalars(lowered, context, scheduleRun, lists.scalarSchedule);
  const vectors =
    schedule === "vectors" ? scheduleVectors(lowered, context, scheduleRun, lists.vectorSchedule) : undefined;
  return {
    model,
    built,
    derived: byProgram(derived),
    step: byProgram(step),
    graphs,
    rematerialised,
    copies,
    lowered,
    programs,
    plan,
    vectors,
  };
}

/** The built graphs of the programs, in order. `begin` and `measure` are empty at first. */
const startingGraphs = (built: ModelGraphs, probe = false): readonly Graph[] => [
  makeGraph("begin", []),
  makeGraph("measure", []),
  { ...built.training, name: "gradient" },
  { ...built.update, name: "update" },
  { ...built.predict, name: "predict" },
  { ...built.evaluate, name: "evaluate" },
  { ...built.summarise, name: "summarise" },
  ...(probe ? [{ ...built.layers, name: "probe" }] : []),
];

function derivationContextOf(
  { training }: Model,
  { loss, parameters }: ModelGraphs,
  { lossOnly = false }: PipelineOptions,
  g: GraphBuilder,
): DerivationContext {
  const trainable = parameters.filter((parameter) => parameter.trainable);
  return {
    g,
    loss,
    trainable,
    wanted: lossOnly ? [] : trainable.map(({ name }) => name),
    groupSize: training.accumulate,
    isAveraged: training.average !== undefined,
  };
}

/** The graphs with the gradients of one batch, and the graphs of a whole step. */
function deriveGraphs(
  start: readonly Graph[],
  context: DerivationContext,
  options: RunOptions,
  { differentiate, step }: Derivation,
): { readonly derived: readonly Graph[]; readonly step: readonly Graph[] } {
  const run = { ...options, list: "derivation" };
  const derived = runStage(differentiate, start, context, run);
  const all = runStages(step, derived, context, run);
  return { derived, step: all.filter(({ outputs }) => outputs.length > 0) };
}

function byProgram(graphs: readonly Graph[]): ProgramGraphs {
  const some = (name: ProgramName) => graphs.find((graph) => graph.name === name && graph.outputs.length > 0);
  const one = (name: ProgramName): Graph => {
    const graph = some(name);
    invariant(graph !== undefined, `unknown graph ${name}`);
    return graph;
  };
  return {
    begin: some("begin"),
    measure: some("measure"),
    gradient: one("gradient"),
    update: one("update"),
    predict: one("predict"),
    evaluate: one("evaluate"),
    summarise: one("summarise"),
    probe: some("probe"),
  };
}

/**
 * The kernels of a prediction alone, with the same costs as in a whole compilation. Training takes most of the time of
 * a compilation, so this suits an editor, which shows costs as the spec is typed.
 */
export function lowerPrediction(
  model: Model,
  built: ModelGraphs,
  float: "f32" | "f64",
): readonly LoopProgram[] {
  const g = createBuilder(float);
  const { training, update, predict, evaluate, summarise } = built;
  const storage = storageOf(
    model,
    built,
    { gradient: training, update, predict, evaluate, summarise },
    float,
  );
  const context = { g, exact: false, float, batchSize: model.training.batchSize, storage };
  const graphs = runStages(graphPasses, [{ ...predict, name: "predict" }], { g, exact: false });
  return lowerGraphs(graphs, context).lowered;
}

/** The results of lowering: the graphs with their rematerialised values, and the kernels. */
export type Lowered = Pick<Compilation, "rematerialised" | "copies" | "lowered">;

export function lowerGraphs(
  given: readonly Graph[],
  context: LoweringContext,
  options: RunOptions = {},
  { graphs, toNests, nests, toKernels, kernels } = lowering,
): Lowered {
  const run = { ...options, list: "lowering" };
  const start = given.map((graph): Rematerialised => ({ graph, copies: new Set() }));
  const rematerialisedGraphs = runStages(graphs, start, context, run);
  const naive = runStage(toNests, rematerialisedGraphs, context, run);
  const fused = runStages(nests, naive, context, afterList([...graphs, toNests], run));
  const formed = runStage(toKernels, fused, context, run);
  const before = [...graphs, toNests, ...nests, toKernels];
  const lowered = runStages(kernels, formed, context, afterList(before, run));
  for (const program of lowered) checkRoles(program, context.batchSize, "lowering");
  return {
    rematerialised: rematerialisedGraphs.map(({ graph }) => graph),
    copies: new Set(rematerialisedGraphs.flatMap(({ copies }) => [...copies])),
    lowered,
  };
}

/** Schedules the programs as scalar loops and plans their memory. */
function scheduleScalars(
  lowered: readonly LoopProgram[],
  context: LoweringContext,
  options: RunOptions,
  { loops, plan }: ScalarSchedule,
): PlannedPrograms {
  const run = { ...options, list: "scalar schedule" };
  const programs = runStages(loops, lowered, context, run);
  return runStage(plan, [programs], context, run)[0];
}

/** Schedules the programs as vector loops and plans their memory. */
export function scheduleVectors(
  lowered: readonly LoopProgram[],
  context: VectorContext,
  options: RunOptions = {},
  { loops: onLoops, addresses, plan: toPlan } = vectorSchedule,
): VectorPrograms {
  const run = { ...options, list: "vector schedule" };
  const loops = runStages(onLoops, lowered, context, run);
  const placed = runStages(addresses, loops, context, afterList(onLoops, run));
  const [{ programs, plan }] = runStage(toPlan, [placed], context, run);
  return { programs, plan, loops, float: context.float };
}
