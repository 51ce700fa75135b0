// The page of the comparison: tables of measurements in Markdown.
import { rateText } from "./bars-svg.ts";
import { boundLines } from "./bounds.ts";
import {
  fastestOfOurs,
  gigaflops,
  hasLearned,
  median,
  peakOf,
  ratio,
  shareOfPeak,
  stepsPerSecond,
} from "./figures.ts";
import type { Outcome, WorkloadOutcome } from "./figures.ts";

/** The machine and the software with which the measurements were made. */
export interface Circumstances {
  readonly machine: string;
  readonly engine: string;
  /** The libraries with their versions. */
  readonly libraries: readonly string[];
  readonly command: string;
}

const absent = "–";
const shown = (value: number | undefined, written: (value: number) => string): string =>
  value === undefined || Number.isNaN(value) ? absent : written(value);

export const tableHead = [
  "",
  "steps/s",
  "ours is × as fast",
  "GFLOP/s",
  "of the peak",
  "loss",
  "memory, MiB",
  "first step, ms",
  "download, kB",
];

/** A row for each contender that takes training steps, in the columns of the table head. */
export function tableRows(each: WorkloadOutcome): string[][] {
  const [ours, peak] = [fastestOfOurs(each), peakOf(each)];
  return each.outcomes
    .filter(({ kind }) => kind !== "peak")
    .map((outcome) => {
      if (outcome.lacks !== undefined) return [outcome.name, "none", ...tableHead.slice(2).map(() => "")];
      return [
        outcome.name,
        shown(stepsPerSecond(outcome), rateText),
        shown(ours && ratio(ours, outcome), rateText),
        shown(gigaflops(outcome), (value) => value.toPrecision(3)),
        shown(shareOfPeak(outcome, peak), (value) => `${(100 * value).toFixed(1)} %`),
        lossText(outcome),
        shown(outcome.memory, (bytes) => String(Math.round(bytes / 2 ** 20))),
        shown(outcome.first, (milliseconds) => String(Math.round(milliseconds))),
        shown(outcome.download, (bytes) => (bytes / 1000).toFixed(1)),
      ];
    });
}

const lossText = (outcome: Outcome): string => {
  if (outcome.losses === undefined) return absent;
  const [before, after] = outcome.losses.map((loss) => loss.toPrecision(3));
  return `${before} → ${after}${hasLearned(outcome) ? "" : " (does not fall)"}`;
};

/** The features that each contender lacks, and how it differs from the workload. */
export const notesOf = ({ outcomes }: WorkloadOutcome): string[] =>
  outcomes
    .filter(({ kind }) => kind !== "peak")
    .flatMap(({ name, lacks, note = lacks }) => (note === undefined ? [] : [`${name}: ${note}.`]));

const markdownTable = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  [titles, titles.map((_, i) => (i === 0 ? "---" : "--:")), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");

function sectionOf(each: WorkloadOutcome): string {
  const peak = peakOf(each);
  const notes = notesOf(each);
  const peakWords =
    peak && `Peak: ${shown(gigaflops(peak), (value) => value.toFixed(1))} GFLOP/s (${peak.name}).`;
  const flops = each.outcomes.find(({ kind }) => kind === "ours")?.flops;
  const stepWords = flops === undefined ? [] : [`A step is ${(flops / 1e6).toPrecision(3)} MFLOP.`];
  return [
    `## ${each.workload}`,
    [`${each.words}.`, ...stepWords, ...(peakWords === undefined ? [] : [peakWords])].join(" "),
    markdownTable(tableHead, tableRows(each)),
    ...(notes.length > 0 ? [notes.join(" ")] : []),
  ].join("\n\n");
}

function boundSection(all: readonly WorkloadOutcome[]): string[] {
  const lines = boundLines(all);
  if (lines.length === 0) return [];
  const rows = lines.map(({ what, measured, limit = "", holds }) => [
    what,
    measured,
    limit,
    holds === true ? "holds" : "**missed**",
  ]);
  return ["## Limits", markdownTable(["", "measured", "limit", ""], rows)];
}

/** The whole page. */
export function reportMarkdown(all: readonly WorkloadOutcome[], where: Circumstances): string {
  const rounds = median(
    all.flatMap(({ outcomes }) => outcomes.map((each) => each.rounds.length)).filter((n) => n > 0),
  );
  return `${[
    "# Benchmarks",
    "This page shows how many training steps per second this compiler's trainers and other libraries take on one " +
      `machine. It was written by \`${where.command}\` ([method](benchmark-method.md)).`,
    `The machine: ${where.machine}. The engine: ${where.engine}. The libraries: ${where.libraries.join(", ")}.`,
    `Unless a row says otherwise, every value is for one thread and is the median of ${rounds} rounds. The column ` +
      '"ours is × as fast" compares a row with the fastest of this compiler\'s trainers on one thread. GFLOP/s are ' +
      "computed for every library from the operations of this compiler's graphs. PyTorch may exceed the 128-bit " +
      "peak, because it uses wider registers.",
    "![Training steps per second](benchmarks.svg)",
    ...all.map(sectionOf),
    ...boundSection(all),
  ].join("\n\n")}\n`;
}
