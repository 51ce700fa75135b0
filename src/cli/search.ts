/** `tapeless search`: tries every candidate of a spec's search, chooses on the validation part, and judges the winner once on the test. */
import { availableParallelism } from "node:os";
import type { Placing } from "../runtime/dataset.ts";
import { resultText } from "../runtime/train-on.ts";
import { figureText } from "../report/figure-text.ts";
import type { CheckedCandidate } from "../search/check-candidates.ts";
import { searchHash } from "../search/identity.ts";
import { judge } from "../search/judge.ts";
import { openData } from "../search/open-data.ts";
import { isValidated, type Outcome } from "../search/outcome.ts";
import { rankingOf } from "../search/ranking.ts";
import { readCandidates } from "../search/read-candidates.ts";
import { rankingCsv, rankingJson, rankingText } from "../search/report.ts";
import { addResult, openResults, readResults } from "../search/results-file.ts";
import { inThreads } from "../search/threads.ts";
import { valuesText } from "../search/values-text.ts";
import { readGuarded } from "./compile-spec.ts";
import { onFile } from "./emitted-errors.ts";
import { progressLine } from "./progress-line.ts";
import { readSource } from "./read-source.ts";
import { say } from "./report-error.ts";
import { writeFile } from "./write-file.ts";

export interface SearchFlags {
  readonly data?: string;
  readonly threads?: number;
  readonly out?: string;
  readonly csv?: string;
  readonly dtype: "f32" | "f64";
  readonly json?: boolean;
}

const placed: Placing = (file, work) => onFile(file, "T2004", work);

/** Returns the exit code: 1 if every training diverged. */
export async function searchSpec(file: string, flags: SearchFlags): Promise<number> {
  const { dtype } = flags;
  const spec = await readGuarded(file);
  const { model, source, warnings } = spec;
  say(warnings);
  const { candidates, criterion } = await readCandidates(spec, dtype);
  const [{ preparing }] = candidates;
  const rows = await readSource({ spec: file, source, model, facts: preparing.model, given: flags.data });
  const preparings = candidates.map(({ preparing }) => preparing);
  const data = openData(preparings, rows, model.training.seed, placed);

  const out = flags.out ?? `${model.name}.search.jsonl`;
  const hash = searchHash(candidates, data, dtype);
  const outcomes = readResults(out, hash);
  openResults(out, hash, model.name);
  const left = candidates.filter(({ number }) => !outcomes.has(number));
  const progress = await progressLine(process.stderr);
  progress.show(
    `${candidates.length} candidates, ${left.length} to try; each is kept in ${out} when it is done`,
  );
  const jobs = left.map(({ number }) => number);
  const threads = flags.threads ?? availableParallelism();
  await inThreads({ file, dtype, ...data }, jobs, threads, (number, outcome) => {
    addResult(out, candidates[number], outcome);
    outcomes.set(number, outcome);
    progress.show(`${outcomes.size}/${candidates.length}  ${candidateText(candidates[number], outcome)}`);
  });
  progress.end();

  const ranking = rankingOf(candidates, outcomes, criterion);
  const [best] = ranking.ranked;
  if (flags.csv !== undefined) await writeFile(flags.csv, rankingCsv(ranking));
  if (best === undefined) {
    const message = `every candidate diverged: ${ranking.diverged[0].reason}`;
    const hint = "smaller learning rates, gradient clipping (`optimizer.clip`) or scaled inputs may help";
    say([{ code: "T4001", severity: "error", message, hint }]);
    return 1;
  }
  const judged = await judge(candidates[best.candidate.number].model, rows, placed, dtype);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(rankingJson(criterion.metric, ranking, best, judged))}\n`
      : `${rankingText(ranking)}\ncandidate ${best.candidate.number}: ${valuesText(best.candidate.values)}\n${resultText(judged)}\n`,
  );
  return 0;
}

/** One line of progress. */
function candidateText({ number, values }: CheckedCandidate, outcome: Outcome): string {
  const figures = isValidated(outcome)
    ? Object.entries(outcome.validation).map(([name, value]) => `${name} ${figureText(value)}`)
    : ["diverged"];
  return `candidate ${number}: ${figures.join("  ")}  (${valuesText(values)})`;
}
