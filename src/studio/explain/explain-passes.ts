/** What each stage did: passes over the graphs, then the stages of lowering over the loops. */
import { sum } from "d3-array";
import type { Graph } from "../../compiler/ir/nodes.ts";
import { printGraphAs, recurrenceSpelling } from "../../compiler/ir/text.ts";
import { programNames } from "../../compiler/loop/types.ts";
import type { LoopProgram, ProgramName } from "../../compiler/loop/types.ts";
import { lifetimesOf, lowerBoundOf } from "../../compiler/lower/plan-memory.ts";
import { graphPasses, lowering } from "../../compiler/pipeline.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { isLoopProgram } from "../../compiler/stages/define.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import type { ExplainedPass, ExplainedStage, GraphCounts, LoopCounts } from "../explanation.ts";
import { countOptionsOf, graphCounts, graphDiff } from "./graph-counts.ts";
import { bytesTouched } from "./target-kernels.ts";
import { namesBefore, nodeNames } from "./spelling.ts";
import type { Names } from "./spelling.ts";
import type { Subject } from "./subject.ts";

// The stages of lowering: nests fused to kernels, values kept in variables, smaller temporaries. The numbers are
// those of the loops before and after each stage, as the runner reported them; the schedules change none of them.

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

// The passes over the graphs: differentiation first, then each pass as the runner reported it, last
// rematerialisation. Values have their names of the emitted code as far back as they exist.

/** The stages that have something to show, in the order in which they run. */
export const shownPasses: readonly string[] = [
  "differentiate",
  "accumulate",
  "average",
  ...graphPasses.map(({ name }) => name),
  ...lowering.graphs.map(({ name }) => name),
  ...stageNames,
];

/** Program by program, in the order in which they ran. */
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
    const steps = stepsOf(program, compilation, reports);
    const texts = textsOf(steps.map(({ before, after }) => [before, after]));
    return steps.map(({ pass, rules, before, after }, i) => ({
      program,
      pass,
      before: countsOf(before),
      after: countsOf(after),
      rules: [...rules].map(([rule, times]) => ({ rule, times })),
      diff: before === after ? [] : graphDiff(...texts[i]),
    }));
  });
}

/** The graphs as this pass left them the last time that it ran; none of a stage of lowering, which makes loops. */
export const graphsAfter = (
  pass: string,
  { compilation, reports }: Pick<Subject, "compilation" | "reports">,
): Graph[] =>
  programNames.flatMap((program) => {
    const steps = stepsOf(program, compilation, reports);
    return steps.findLast((step) => step.pass === pass)?.after ?? [];
  });

interface Step {
  readonly pass: string;
  readonly rules: ReadonlyMap<string, number>;
  readonly before: Graph;
  readonly after: Graph;
}

/** What happened to the graph of one program, from the one that was built to the one that is lowered. */
function stepsOf(program: ProgramName, compilation: Compilation, reports: readonly StageReport[]): Step[] {
  const { built, derived, model } = compilation;
  const passes = reports.flatMap(({ stage, rules, before, after }): Step[] =>
    isLoopProgram(before) || isLoopProgram(after) || before.name !== program
      ? []
      : [{ pass: stage, rules, before, after }],
  );
  const before: Step[] = [];
  if (program === "gradient") {
    const { gradient } = derived;
    before.push({ pass: "differentiate", rules: new Map(), before: built.training, after: gradient });
    // Several batches a step, or averaged parameters: the passes then saw another graph than was derived.
    const [first] = passes;
    const pass = model.training.accumulate === undefined ? "average" : "accumulate";
    if (first !== undefined && first.before !== gradient)
      before.push({ pass, rules: new Map(), before: gradient, after: first.before });
  }
  return [...before, ...passes];
}

/** The texts before and after each step. Names go from the last graph to the first. */
function textsOf(
  steps: readonly (readonly [before: Graph, after: Graph])[],
): [before: string, after: string][] {
  const last = steps.at(-1)?.[1];
  if (last === undefined) return [];
  let names: Names = nodeNames(last);
  const texts = steps.toReversed().map(([before, after]): [string, string] => {
    if (before === after) return ["", ""];
    const text = textOf(after, names);
    names = namesBefore(before, after, names);
    return [textOf(before, names), text];
  });
  return texts.reverse();
}

/** Without the line that names the graph: the caller knows it. */
const textOf = (graph: Graph, names: Names): string =>
  printGraphAs(graph, { ...recurrenceSpelling(graph), node: (node) => names.get(node) ?? node.op })
    .split("\n")
    .slice(1)
    .join("\n");
