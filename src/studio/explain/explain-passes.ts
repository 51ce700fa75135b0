/**
 * What each stage changed in the graphs, as the runner reported it: derivation, graph passes, rematerialisation.
 * Values have their names of the emitted code, as far back as they exist.
 */
import type { Graph } from "../../compiler/ir/nodes.ts";
import { printGraphAs, recurrenceSpelling } from "../../compiler/ir/print.ts";
import { programNames } from "../../compiler/loop/program-names.ts";
import type { ProgramName } from "../../compiler/loop/program-names.ts";
import { graphPasses, lowering, stageLists, stagesOf } from "../../compiler/pipeline.ts";
import { isLoopProgram } from "../../compiler/stages/define.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import type { ExplainedPass, GraphCounts } from "../explanation.ts";
import { loopStageNames } from "./explain-stages.ts";
import { countOptionsOf, graphCounts, graphDiff } from "./graph-counts.ts";
import { namesBefore, nodeNames } from "./node-names.ts";
import type { Names } from "./node-names.ts";
import type { Subject } from "./subject.ts";

const stages = stagesOf(stageLists);

/** The stages that have something to show, in the order in which they run. */
export const shownPasses: readonly string[] = [
  ...[...stages.derivation, ...graphPasses, ...lowering.graphs].map(({ name }) => name),
  ...loopStageNames,
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
    const steps = stepsOf(program, reports);
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
export const graphsAfter = (pass: string, { reports }: Pick<Subject, "reports">): Graph[] =>
  programNames.flatMap((program) => {
    const steps = stepsOf(program, reports);
    return steps.findLast((step) => step.pass === pass)?.after ?? [];
  });

interface Step {
  readonly pass: string;
  readonly rules: ReadonlyMap<string, number>;
  readonly before: Graph;
  readonly after: Graph;
}

/** The stages on the graph of one program. Stages of the derivation that leave the graph alone are left out. */
const stepsOf = (program: ProgramName, reports: readonly StageReport[]): Step[] =>
  reports.flatMap(({ stage, list, rules, before, after }): Step[] => {
    if (isLoopProgram(before) || isLoopProgram(after) || before.name !== program) return [];
    const isUnused = list === "derivation" && before === after;
    return isUnused ? [] : [{ pass: stage, rules, before, after }];
  });

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
