/**
 * The outcomes of a search's candidates: tried in threads and kept as they are done, or joined from the files
 * of shards.
 */
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { figureText } from "../../runtime/training/train-on.ts";
import type { CheckedCandidate } from "../search/check-candidates.ts";
import type { OpenData } from "../search/open-data.ts";
import { isValidated, type Outcome } from "../search/outcome.ts";
import { addResult, openResults, readResults, type Outcomes } from "../search/results-file.ts";
import { isIn, shardFile, shardFiles, shardsOf } from "../search/shards.ts";
import type { Shard } from "../search/shards.ts";
import { inThreads, JobEndedThread } from "../search/threads.ts";
import { valuesText } from "../search/report.ts";
import { progressLine } from "../terminal/progress-line.ts";
import { usageError } from "../terminal/report-error.ts";

export interface Search {
  /** The file of the spec. */
  readonly file: string;
  readonly model: string;
  readonly dtype: "f32" | "f64";
  readonly candidates: readonly CheckedCandidate[];
  readonly open: OpenData;
  readonly hash: string;
}

/** Tries what is not done yet, of all candidates or of a shard; `out` keeps each outcome. */
export async function tryCandidates(
  { file, model, dtype, candidates, open, hash }: Search,
  out: string,
  { shard = { index: 0, count: 1 }, threads = availableParallelism() }: { shard?: Shard; threads?: number },
): Promise<Outcomes> {
  const outcomes = readResults(out, hash);
  openResults(out, hash, model);
  const own = candidates.map(({ number }) => number).filter((number) => isIn(shard, number));
  const left = own.filter((number) => !outcomes.has(number));
  const progress = await progressLine(process.stderr);
  progress.show(`${own.length} candidates, ${left.length} to try; ${out} keeps what is done`);
  const keep = (number: number, outcome: Outcome) => {
    addResult(out, candidates[number], outcome);
    outcomes.set(number, outcome);
    progress.show(`${outcomes.size}/${own.length}  ${outcomeText(candidates[number], outcome)}`);
  };
  try {
    await inThreads({ file, dtype, ...open }, left, threads, keep);
  } catch (error) {
    throw error instanceof JobEndedThread ? threadEnded(file, candidates[error.job], error) : error;
  } finally {
    progress.end();
  }
  return outcomes;
}

function threadEnded(
  file: string,
  { number, values }: CheckedCandidate,
  error: JobEndedThread,
): DiagnosticError {
  const message = `candidate ${number} (${valuesText(values)}) was not tried: ${error.message}`;
  const { hint } = error;
  return new DiagnosticError([{ code: "T1708", severity: "error", message, hint, place: { file } }]);
}

/** One line of progress. */
function outcomeText({ number, values }: CheckedCandidate, outcome: Outcome): string {
  const figures = isValidated(outcome)
    ? Object.entries(outcome.validation).map(([name, value]) => `${name} ${figureText(value)}`)
    : ["diverged"];
  return `candidate ${number}: ${figures.join("  ")}  (${valuesText(values)})`;
}

/** Brings what the shards have done into `out`. @throws DiagnosticError (T1010) if some candidate is not among it */
export function joinShards({ model, candidates, hash }: Search, out: string): Outcomes {
  const files = shardFiles(out);
  if (files.length === 0)
    throw usageError(
      `--merge found no results of shards in ${dirname(out)}`,
      `--shard 0/4 writes ${shardFile(out, { index: 0, count: 4 })}`,
    );
  const known = readResults(out, hash);
  const outcomes = new Map([...known, ...files.flatMap((file) => [...readResults(file, hash)])]);
  const missing = candidates.filter(({ number }) => !outcomes.has(number));
  if (missing.length > 0) {
    const shards = shardsOf(
      missing.map(({ number }) => number),
      files,
    ).map(({ index, count }) => `--shard ${index}/${count}`);
    const lacking = shards.length === 0 ? "" : `not done: ${shards.join(", ")}; `;
    throw usageError(
      `--merge lacks ${missing.length} of ${candidates.length} candidates, the first of them ` +
        `candidate ${missing[0].number}`,
      `${lacking}found: ${files.join(", ")}; the command of a shard that was interrupted goes on from what it has done`,
    );
  }
  openResults(out, hash, model);
  for (const candidate of candidates) {
    const outcome = outcomes.get(candidate.number);
    if (outcome !== undefined && !known.has(candidate.number)) addResult(out, candidate, outcome);
  }
  return outcomes;
}
