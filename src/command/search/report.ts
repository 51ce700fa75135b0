/** The ranking of candidates as a table, as CSV and as JSON. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { showValue } from "../../compiler/util/message-text.ts";
import { csvText } from "../../runtime/prediction/predictions.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import { tableText } from "../../studio/charts/table.ts";
import type { Cell } from "../../studio/charts/table.ts";
import type { Candidate } from "./candidates.ts";
import { isValidated } from "./results-file.ts";
import type { Outcome, Outcomes, Validated } from "./results-file.ts";

// The ranking: candidates ordered by a metric on the validation rows.

/** The metric that selects the best candidate. */
export interface Criterion {
  /** "loss" or a metric. */
  readonly metric: string;
  /** Whether higher values are better. */
  readonly higherIsBetter: boolean;
}

interface Ranked {
  /** From 1. */
  readonly rank: number;
  readonly candidate: Candidate;
  readonly outcome: Validated;
}

interface Ranking {
  readonly ranked: readonly Ranked[];
  /** The candidates whose training diverged. */
  readonly diverged: readonly { readonly candidate: Candidate; readonly reason: string }[];
}

/** Candidates with equal values are ranked by their numbers. NaN ranks last. */
export function rankingOf(
  candidates: readonly Candidate[],
  outcomes: Outcomes,
  { metric, higherIsBetter }: Criterion,
): Ranking {
  const tried = candidates.flatMap((candidate) => {
    const outcome = outcomes.get(candidate.number);
    return outcome === undefined ? [] : [{ candidate, outcome }];
  });
  const cost = ({ validation }: Validated): number => {
    const figure = validation[metric];
    return Number.isNaN(figure) ? Infinity : higherIsBetter ? -figure : figure;
  };
  const ranked = tried
    .flatMap(({ candidate, outcome }) => (isValidated(outcome) ? [{ candidate, outcome }] : []))
    .sort((a, b) => compare(cost(a.outcome), cost(b.outcome)) || a.candidate.number - b.candidate.number)
    .map((entry, index) => ({ rank: index + 1, ...entry }));
  const diverged = tried.flatMap(({ candidate, outcome }) => reasonOf(candidate, outcome));
  return { ranked, diverged };
}

/** Compares without subtraction, because the difference of two infinities is NaN. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

const reasonOf = (candidate: Candidate, outcome: Outcome) =>
  isValidated(outcome) ? [] : [{ candidate, reason: outcome.diverged }];

/** The maximum number of rows of the table in the terminal. */
const maxRows = 20;

/** The head and the rows of the table, best first, with the metrics on the validation split. */
function tableOf({ ranked }: Ranking): { head: string[]; rows: Cell[][] } {
  const [first] = ranked;
  if (first === undefined) return { head: [], rows: [] };
  const keys = Object.keys(first.candidate.values);
  const figures = Object.keys(first.outcome.validation);
  const deviates = first.outcome.deviation !== undefined;
  const head = [
    "rank",
    "candidate",
    ...keys,
    "best epoch",
    ...figures.flatMap((name) => (deviates ? [name, `${name} ±`] : [name])),
  ];
  const rows = ranked.map(({ rank, candidate, outcome }) => [
    rank,
    candidate.number,
    ...keys.map((key) => valueText(candidate.values[key])),
    outcome.bestEpoch,
    ...figures.flatMap((name) => {
      const value = outcome.validation[name];
      return deviates ? [value, outcome.deviation?.[name]] : [value];
    }),
  ]);
  return { head, rows };
}

/** A table of the best candidates, at most `width` columns wide if possible, and the number of the others. */
export function rankingText(ranking: Ranking, width?: number): string {
  const { head, rows } = tableOf(ranking);
  const hidden = rows.length - maxRows;
  const { diverged } = ranking;
  return [
    tableText({ head, rows: rows.slice(0, maxRows), width }),
    hidden > 0 ? `and ${hidden} more (--csv FILE writes all)\n` : "",
    ...diverged.map(
      ({ candidate, reason }) =>
        `candidate ${candidate.number} (${valuesText(candidate.values)}) is not ranked: ${reason}\n`,
    ),
  ].join("");
}

/** All ranked candidates as CSV (RFC 4180). */
export function rankingCsv(ranking: Ranking): string {
  const { head, rows } = tableOf(ranking);
  return `${csvText([head, ...rows.map((row) => row.map((cell) => cell ?? ""))])}\n`;
}

/** The error if no candidate can be ranked. */
export const everyDiverged = ({ diverged }: Ranking): Diagnostic => ({
  code: "T4001",
  severity: "error",
  message: `every candidate diverged: ${diverged[0].reason}`,
  hint: "smaller learning rates, gradient clipping (`optimizer.clip`) or scaled inputs may help",
});

/** A candidate in the result: its outcome, and its rank if it did not diverge. */
export type RankedCandidate = {
  readonly candidate: number;
  readonly values: Readonly<Record<string, unknown>>;
} & (({ readonly rank: number } & Validated) | { readonly diverged: string });

/** The result of the search for `--json`. */
export const rankingJson = (
  metric: string,
  { ranked, diverged }: Ranking,
  best: Ranked,
  { model, ...tested }: TrainingResult,
) => ({
  model,
  metric,
  candidates: [
    ...ranked.map(({ rank, candidate: { number, values }, outcome }): RankedCandidate => ({
      rank,
      candidate: number,
      values,
      ...outcome,
    })),
    ...diverged.map(({ candidate: { number, values }, reason }): RankedCandidate => ({
      candidate: number,
      values,
      diverged: reason,
    })),
  ],
  best: { candidate: best.candidate.number, values: best.candidate.values, ...tested },
});

// The values of a candidate as text.

/** One value as a table cell: names without quotes, objects as compact JSON. */
function valueText(value: unknown): string {
  if (typeof value === "string") return /^[\w.-]{1,30}$/.test(value) ? value : showValue(value);
  if (typeof value !== "object" || value === null) return showValue(value);
  const text = JSON.stringify(value) ?? "";
  return text.length <= 60 ? text.replaceAll('"', "").replaceAll(/([:,])/g, "$1 ") : showValue(value);
}

/** The values as text, such as `network[0].units 16, optimizer.type sgd`. */
export const valuesText = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${valueText(value)}`)
    .join(", ");
