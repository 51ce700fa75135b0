/**
 * What each pass did to each graph: figures before and after, the rules that it applied, and the lines of the
 * graph that changed; then what the stages of lowering made of the loops. Of one pass alone everything
 * is shown, of all of them the beginning of each change.
 */
import { sum } from "d3-array";
import { explainPasses, explainStages } from "../explain/explain-passes.ts";
import type { ExplainedPass, ExplainedStage, GraphCounts, LoopCounts } from "../explanation.ts";
import { passFormats } from "./graph-view.ts";
import { columns } from "./view.ts";
import type { View } from "./view.ts";
import type { Subject } from "../explain/subject.ts";

/** So many lines of a change are shown where all passes are. */
const mostLines = 40;

export function passesView(subject: Subject): View {
  const isWanted = (name: string): boolean => subject.pass === undefined || subject.pass === name;
  const facts = () => ({
    passes: explainPasses(subject).filter(({ pass }) => isWanted(pass)),
    stages: explainStages(subject).filter(({ stage }) => isWanted(stage)),
  });
  const { model } = subject.compilation;
  const text = (): string => {
    const { passes, stages } = facts();
    const most = subject.pass === undefined ? mostLines : Infinity;
    return [
      `${model.name}: from pass to pass, for batches of ${model.training.batchSize} rows`,
      ...tableOf(passes),
      ...stageTable(stages),
      ...passes.flatMap((pass) => (pass.diff.length === 0 ? [] : ["", ...changeLines(pass, most)])),
      "",
    ].join("\n");
  };
  return { text, json: facts, ...passFormats(subject) };
}

/**
 * Of each program a line for each pass, under one for the graph as it was. What a pass left alone is said in
 * two words.
 */
function tableOf(passes: readonly ExplainedPass[]): string[] {
  if (passes.length === 0) return [];
  const rows = passes.flatMap(({ program, pass, before, after, diff, rules }, i) => {
    const previous = passes.at(i - 1);
    const isFirst = i === 0 || previous?.program !== program || previous.after !== before;
    const start = [program, "before", ...figuresOf(before), ""];
    const isSame = diff.length === 0;
    const row = isSame
      ? [program, pass, "", "", "", "", "nothing changed"]
      : [program, pass, ...figuresOf(after), countText(rules)];
    return isFirst ? [start, row] : [row];
  });
  return ["", ...columns([["graph", "pass", "nodes", "FLOP", "bytes moved", "peak bytes", ""], ...rows])];
}

const figuresOf = ({ nodes, flops, bytesMoved, peakBytes }: GraphCounts): number[] => [
  nodes,
  flops,
  bytesMoved,
  peakBytes,
];

function countText(rules: ExplainedPass["rules"]): string {
  const times = sum(rules, (rule) => rule.times);
  return times === 0 ? "" : times === 1 ? "1 rule applied" : `rules applied ${times} times`;
}

function stageTable(stages: readonly ExplainedStage[]): string[] {
  if (stages.length === 0) return [];
  const rows = stages.flatMap(({ program, stage, before, after }, i) => {
    const row = [program, stage, ...loopFigures(after)];
    return stages.at(i - 1)?.after === before ? [row] : [[program, "before", ...loopFigures(before)], row];
  });
  const head = ["loops", "stage", "kernels", "temporaries", "bytes touched", "peak bytes"];
  return ["", ...columns([head, ...rows])];
}

const loopFigures = ({ kernels, temporaries, bytesTouched, peakBytes }: LoopCounts): number[] => [
  kernels,
  temporaries,
  bytesTouched,
  peakBytes,
];

/** What changed, under the rules that changed it; cut behind `most` lines, and then it says so. */
function changeLines({ program, pass, rules, diff }: ExplainedPass, most: number): string[] {
  const applied = rules.map(({ rule, times }) => `${rule} ×${times}`);
  const shown = diff.length > most + 1 ? diff.slice(0, most) : diff;
  const rest = diff.length - shown.length;
  return [
    `${pass} on ${program}${applied.length === 0 ? "" : `: ${applied.join(", ")}`}`,
    ...shown.map(({ sign, text }) => `  ${sign} ${text}`),
    ...(rest === 0 ? [] : [`  … and ${rest} more lines; --pass ${pass} shows them all`]),
  ];
}
