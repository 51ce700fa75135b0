/** Explains the changes of each stage: first the stages on graphs, then those on loops. */
import { sum } from "d3-array";
import { nameHint } from "../../compiler/ir/names.ts";
import type { Graph, Node, OpName } from "../../compiler/ir/nodes.ts";
import { printGraphAs, recurrenceNames } from "../../compiler/ir/text.ts";
import { programNames } from "../../compiler/loop/types.ts";
import type { LoopProgram, PlannedProgram, ProgramName } from "../../compiler/loop/types.ts";
import { lifetimesOf, lowerBoundOf } from "../../compiler/lower/plan-memory.ts";
import { named } from "../../compiler/notation/formula.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { constantOf, nodeFormula } from "../../compiler/notation/node-formula.ts";
import { notationOf } from "../../compiler/notation/notation.ts";
import { patternOf } from "../../compiler/passes/rules/pattern.ts";
import { graphPasses, lowering, scalarSchedule, stageLists, stagesOf } from "../../compiler/pipeline.ts";
import { isLoopProgram, isPlanned } from "../../compiler/stages/define.ts";
import type { Application } from "../../compiler/stages/define.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import type {
  ExplainedApplication,
  ExplainedPass,
  ExplainedStage,
  GraphCounts,
  LoopCounts,
} from "../explanation.ts";
import { countOptionsOf, graphCounts, graphDiff } from "./graph-counts.ts";
import { bytesTouched } from "./target-kernels.ts";
import { namesBefore, nodeNames } from "./graph-formulas.ts";
import type { Names } from "./graph-formulas.ts";
import type { Subject } from "./subject.ts";

// The stages on loops: fusion of nests into kernels, scalar replacement, array contraction, and memory
// planning. The scalar schedule, which runs before memory planning, changes none of these counts.

/** The stages on loops that have counts to show, by the name of the stage list. */
const shown: Readonly<Partial<Record<string, readonly string[]>>> = {
  lowering: [...lowering.nests, ...lowering.kernels].map(({ name }) => name),
  "scalar schedule": [scalarSchedule.plan.name],
};
export const loopStageNames: readonly string[] = Object.values(shown).flatMap((names) => names ?? []);

/** Program by program, in execution order. */
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

// The stages on graphs: derivation, graph passes, rematerialisation. A value of the emitted code has its
// emitted name in all graphs.

const stages = stagesOf(stageLists);

/** The stages that have a result to show, in execution order. */
export const shownPasses: readonly string[] = [
  ...[...stages.derivation, ...graphPasses, ...lowering.graphs].map(({ name }) => name),
  ...loopStageNames,
];

/** Program by program, in execution order. */
export function explainPasses({
  compilation,
  reports,
}: Pick<Subject, "compilation" | "reports">): ExplainedPass[] {
  const options = countOptionsOf(compilation);
  const known = new Map<Graph, GraphCounts>();
  const countsOf = (graph: Graph): GraphCounts => {
    const counts = known.get(graph) ?? graphCounts(graph, options);
    known.set(graph, counts);
    return counts;
  };
  return programNames.flatMap((program) => {
    const steps = stepsOf(program, reports);
    const names = namesOf(steps);
    return steps.map(({ pass, applications, before, after }, i) => ({
      program,
      pass,
      before: countsOf(before),
      after: countsOf(after),
      applications: explainApplications(applications, program, names[i]),
      diff: before === after ? [] : graphDiff(textOf(before, names[i].before), textOf(after, names[i].after)),
    }));
  });
}

/** The graphs after the last run of this pass; empty for stages on loops. */
export const graphsAfter = (pass: string, { reports }: Pick<Subject, "reports">): Graph[] =>
  programNames.flatMap((program) => {
    const steps = stepsOf(program, reports);
    return steps.findLast((step) => step.pass === pass)?.after ?? [];
  });

interface Step {
  readonly pass: string;
  readonly applications: readonly Application[];
  readonly before: Graph;
  readonly after: Graph;
}

/**
 * Returns the stages on the graph of one program. Stages of the derivation that do not change the graph are
 * omitted.
 */
const stepsOf = (program: ProgramName, reports: readonly StageReport[]): Step[] =>
  reports.flatMap(({ stage, list, applications, before, after }): Step[] => {
    if (isLoopProgram(before) || isLoopProgram(after) || before.name !== program) return [];
    const isUnused = list === "derivation" && before === after;
    return isUnused ? [] : [{ pass: stage, applications, before, after }];
  });

/** The names of the nodes in the graphs before and after a step. */
interface StepNames {
  readonly before: Names;
  readonly after: Names;
}

/** Derives the names backwards, from the last graph to the first. */
function namesOf(steps: readonly Step[]): StepNames[] {
  const last = steps.at(-1)?.after;
  if (last === undefined) return [];
  let after: Names = nodeNames(last);
  const names = steps.toReversed().map((step): StepNames => {
    const before = step.before === step.after ? after : namesBefore(step.before, step.after, after);
    const found = { before, after };
    after = before;
    return found;
  });
  return names.reverse();
}

/** Prints a graph without its first line, which only names the graph. */
const textOf = (graph: Graph, names: Names): string =>
  printGraphAs(graph, { ...recurrenceNames(graph), node: (node) => names.get(node) ?? node.op })
    .split("\n")
    .slice(1)
    .join("\n");

// The applications of rewrite rules. Each side is a formula of the values that it reads. A value between two
// applications belongs to neither graph; it has the name of the value that it replaces.

function explainApplications(
  applications: readonly Application[],
  program: ProgramName,
  { before: names, after: laterNames }: StepNames,
): ExplainedApplication[] {
  const between = new Map<Node, string>();
  const nameOf = (node: Node): string =>
    laterNames.get(node) ?? names.get(node) ?? between.get(node) ?? nameHint(node);
  return applications.map(({ rule, before, after }) => {
    const name = nameOf(before);
    if (!between.has(after)) between.set(after, name);
    const { replaced, created, read } = patternOf(before, after);
    // Each side is a formula of the values outside of the pattern. The old side may read more of them than the new one.
    const display = (node: Node): Formula | undefined =>
      replaced.has(node) || created.has(node) || isInline(node)
        ? undefined
        : named(nameOf(node), node.origin.layer);
    const sideOf = (node: Node): Formula => display(node) ?? nodeFormula(node, display);
    const shown = [after, ...read].filter((node) => !isInline(node));
    return {
      rule,
      before: notationOf(sideOf(before)),
      after: notationOf(sideOf(after)),
      nodes: [...new Set(shown.map((node) => `${program}/${nameOf(node)}`))],
    };
  });
}

/** Whether formulas write a value inline: a number, or the same numbers in another shape or type. */
const isInline = (node: Node): boolean => constantOf(node) !== undefined || inlineOps.has(node.op);

const inlineOps: ReadonlySet<OpName> = new Set([
  "constant",
  "batchSize",
  "iota",
  "broadcast",
  "reshape",
  "cast",
]);
