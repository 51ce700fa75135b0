// The outcome of a search for people and programs: a table for the terminal, CSV, and one JSON object.
import { showValue } from "../../compiler/util/show-value.ts";
import { csvText } from "../../runtime/prediction/predictions.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import { tableText } from "../../studio/charts/table.ts";
import type { Cell } from "../../studio/charts/table.ts";
import type { Ranked, Ranking } from "./ranking.ts";

/** How many of the best a terminal shows. */
const mostShown = 20;

/** Head and rows, the best first; figures are those of the validation part. */
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

/** The best of them in a table, and how many more there are. */
export function rankingText(ranking: Ranking): string {
  const { head, rows } = tableOf(ranking);
  const hidden = rows.length - mostShown;
  const { diverged } = ranking;
  return [
    tableText({ head, rows: rows.slice(0, mostShown) }),
    hidden > 0 ? `and ${hidden} more: --csv FILE writes all\n` : "",
    ...diverged.map(
      ({ candidate, reason }) =>
        `candidate ${candidate.number} (${valuesText(candidate.values)}) has no place: ${reason}\n`,
    ),
  ].join("");
}

/** All that have a rank, in RFC 4180's form. */
export function rankingCsv(ranking: Ranking): string {
  const { head, rows } = tableOf(ranking);
  return `${csvText([head, ...rows.map((row) => row.map((cell) => cell ?? ""))])}\n`;
}

/** The whole search as one value. */
export const rankingJson = (
  metric: string,
  { ranked, diverged }: Ranking,
  best: Ranked,
  { model, ...judged }: TrainingResult,
) => ({
  model,
  metric,
  candidates: [
    ...ranked.map(({ rank, candidate: { number, values }, outcome }) => ({
      rank,
      candidate: number,
      values,
      ...outcome,
    })),
    ...diverged.map(({ candidate: { number, values }, reason }) => ({
      candidate: number,
      values,
      diverged: reason,
    })),
  ],
  best: { candidate: best.candidate.number, values: best.candidate.values, ...judged },
});

// What a candidate has, in words.

/** One value as a cell of a table: names without quotes, what has a type by its JSON. */
function valueText(value: unknown): string {
  if (typeof value === "string") return /^[\w.-]{1,30}$/.test(value) ? value : showValue(value);
  if (typeof value !== "object" || value === null) return showValue(value);
  const text = JSON.stringify(value) ?? "";
  return text.length <= 60 ? text.replaceAll('"', "").replaceAll(/([:,])/g, "$1 ") : showValue(value);
}

/** `network[0].units 16, optimizer.type sgd`. */
export const valuesText = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${valueText(value)}`)
    .join(", ");
