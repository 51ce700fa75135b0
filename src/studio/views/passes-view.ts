/**
 * The view of passes. For each pass on each graph, it shows counts before and after, the applied rules, and
 * the changed lines. Then it shows the effect of the lowering stages on the loops. If one pass is selected,
 * all changed lines are shown; otherwise only the first ones of each pass.
 */
import { explainPasses, explainStages } from "../explain/explain-passes.ts";
import type {
  ExplainedApplication,
  ExplainedPass,
  ExplainedStage,
  GraphCounts,
  LoopCounts,
} from "../explanation.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { passFormats } from "./graph-view.ts";
import { columns } from "./view.ts";
import type { View } from "./view.ts";
import type { Subject } from "../explain/subject.ts";

/** The maximum number of lines per change, and of applications of rules, unless a single pass is selected. */
const maxLines = 40;

export function passesView(subject: Subject): View {
  const isWanted = (name: string): boolean => subject.pass === undefined || subject.pass === name;
  const facts = () => ({
    passes: explainPasses(subject).filter(({ pass }) => isWanted(pass)),
    stages: explainStages(subject).filter(({ stage }) => isWanted(stage)),
  });
  const { model } = subject.compilation;
  const text = (): string => {
    const { passes, stages } = facts();
    const most = subject.pass === undefined ? maxLines : Infinity;
    return [
      `${model.name}: effect of each pass, batches of ${model.training.batchSize} rows`,
      ...tableOf(passes),
      ...stageTable(stages),
      ...passes.flatMap((pass) => (pass.diff.length === 0 ? [] : ["", ...changeLines(pass, most)])),
      "",
    ].join("\n");
  };
  return { text, json: facts, ...passFormats(subject) };
}

/**
 * A table with one line per pass and program, below a line for the initial graph. A note marks passes without
 * changes.
 */
function tableOf(passes: readonly ExplainedPass[]): string[] {
  if (passes.length === 0) return [];
  const rows = passes.flatMap(({ program, pass, before, after, diff, applications }, i) => {
    const previous = passes.at(i - 1);
    const isFirst = i === 0 || previous?.program !== program || previous.after !== before;
    const start = [program, "before", ...countsOf(before), ""];
    const isSame = diff.length === 0;
    const row = isSame
      ? [program, pass, "", "", "", "", "no change"]
      : [program, pass, ...countsOf(after), countText(applications.length)];
    return isFirst ? [start, row] : [row];
  });
  return ["", ...columns([["graph", "pass", "nodes", "FLOP", "bytes moved", "peak bytes", ""], ...rows])];
}

const countsOf = ({ nodes, flops, bytesMoved, peakBytes }: GraphCounts): number[] => [
  nodes,
  flops,
  bytesMoved,
  peakBytes,
];

function countText(times: number): string {
  return times === 0 ? "" : times === 1 ? "1 rule applied" : `rules applied ${times} times`;
}

function stageTable(stages: readonly ExplainedStage[]): string[] {
  if (stages.length === 0) return [];
  const rows = stages.flatMap(({ program, stage, before, after }, i) => {
    const row = [program, stage, ...loopCountsOf(after)];
    return stages.at(i - 1)?.after === before ? [row] : [[program, "before", ...loopCountsOf(before)], row];
  });
  const head = ["loops", "stage", "kernels", "temporaries", "bytes touched", "peak bytes"];
  return ["", ...columns([head, ...rows])];
}

const loopCountsOf = ({ kernels, temporaries, bytesTouched, peakBytes }: LoopCounts): number[] => [
  kernels,
  temporaries,
  bytesTouched,
  peakBytes,
];

/**
 * The changed lines, below the names of the rules that changed them. At most `most` lines are shown; a note
 * states how many are omitted. If all lines are shown, each application of a rule is shown as well.
 */
function changeLines({ program, pass, applications, diff }: ExplainedPass, most: number): string[] {
  const applied = [...groupBy(applications, ({ rule }) => rule)].map(
    ([rule, uses]) => `${rule} ×${uses.length}`,
  );
  const shown = diff.length > most + 1 ? diff.slice(0, most) : diff;
  const rest = diff.length - shown.length;
  return [
    `${pass} on ${program}${applied.length === 0 ? "" : `: ${applied.join(", ")}`}`,
    ...shown.map(({ sign, text }) => `  ${sign} ${text}`),
    ...(rest === 0 ? [] : [`  … and ${rest} more lines; --pass ${pass} shows all`]),
    ...(most === Infinity ? applications.map((use, i) => applicationText(use, i + 1)) : []),
  ];
}

const applicationText = ({ rule, before, after }: ExplainedApplication, number: number): string =>
  `  ${number}. ${rule}: ${before.text}  ⇒  ${after.text}`;
