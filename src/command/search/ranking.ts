// Candidates in the order in which one would choose them, by a figure of the validation part alone.
import type { Candidate } from "./candidates.ts";
import { isValidated, type Outcome, type Validated } from "./outcome.ts";
import type { Outcomes } from "./results-file.ts";

/** What decides. */
export interface Criterion {
  /** "loss" or a metric. */
  readonly metric: string;
  /** Whether more of it is better. */
  readonly isRising: boolean;
}

export interface Ranked {
  /** From 1. */
  readonly rank: number;
  readonly candidate: Candidate;
  readonly outcome: Validated;
}

export interface Ranking {
  readonly ranked: readonly Ranked[];
  /** Those whose training failed. */
  readonly diverged: readonly { readonly candidate: Candidate; readonly reason: string }[];
}

/** Of equals the first candidate wins. A figure that is no number is worse than any. */
export function rankingOf(
  candidates: readonly Candidate[],
  outcomes: Outcomes,
  { metric, isRising }: Criterion,
): Ranking {
  const tried = candidates.flatMap((candidate) => {
    const outcome = outcomes.get(candidate.number);
    return outcome === undefined ? [] : [{ candidate, outcome }];
  });
  const cost = ({ validation }: Validated): number => {
    const figure = validation[metric];
    return Number.isNaN(figure) ? Infinity : isRising ? -figure : figure;
  };
  const ranked = tried
    .flatMap(({ candidate, outcome }) => (isValidated(outcome) ? [{ candidate, outcome }] : []))
    .sort((a, b) => compare(cost(a.outcome), cost(b.outcome)) || a.candidate.number - b.candidate.number)
    .map((entry, index) => ({ rank: index + 1, ...entry }));
  const diverged = tried.flatMap(({ candidate, outcome }) => reasonOf(candidate, outcome));
  return { ranked, diverged };
}

/** Not their difference: that of two infinities is no number. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

const reasonOf = (candidate: Candidate, outcome: Outcome) =>
  isValidated(outcome) ? [] : [{ candidate, reason: outcome.diverged }];
