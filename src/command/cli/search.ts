/**
 * `tapeless search`: tries the candidates of a spec's search in threads or from shards, chooses one on the
 * validation rows, and evaluates it on the test rows.
 */
import { availableParallelism } from "node:os";
import { dirname, isAbsolute } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { foldedRegime } from "../../runtime/program/folded-regime.ts";
import { figureText } from "../../runtime/training/train-on.ts";
import { onData, readGuarded } from "../compile/compile-spec.ts";
import { checkOutputs, checkWritable, ofSpec, writeFile } from "../files/write-file.ts";
import { readSource } from "../files/read-source.ts";
import { specText } from "../search/best-spec.ts";
import { readCandidates } from "../search/check-candidates.ts";
import type { CheckedCandidate } from "../search/check-candidates.ts";
import { isIn, kubernetesJob, shardFile, shardFiles, shardsOf, slurmScript } from "../search/shards.ts";
import type { EmitFlags, SearchFlags, Shard } from "../search/shards.ts";
import { openData, searchHash } from "../search/open-data.ts";
import type { OpenData } from "../search/open-data.ts";
import { addResult, isValidated, openResults, readResults } from "../search/results-file.ts";
import type { Outcome, Outcomes } from "../search/results-file.ts";
import { rankingCsv, rankingJson, rankingOf, rankingText, valuesText } from "../search/report.ts";
import { JobEndedThread, inThreads } from "../search/threads.ts";
import { judge } from "../search/try-candidate.ts";
import { progressLine } from "../terminal/progress-line.ts";
import { say, usageError } from "../terminal/report-error.ts";

// `--emit`: the script that runs the shards of a search on a cluster.

/** @throws DiagnosticError (T1010) for flags that say too little or too much */
export function checkEmit({ emit, shards, image, volume, output }: EmitFlags): void {
  const named = Object.entries({ shards, image, volume, output }).filter(([, value]) => value !== undefined);
  if (emit === undefined && named.length > 0)
    throw usageError(
      `--${named[0][0]} belongs to --emit`,
      "--emit slurm and --emit kubernetes write scripts",
    );
  if (emit !== undefined && shards === undefined)
    throw usageError("--emit needs to know in how many parts the search is cut", "add --shards N");
  const missing = image === undefined ? "--image" : volume === undefined ? "--volume" : undefined;
  if (emit === "kubernetes" && missing !== undefined)
    throw usageError(
      `--emit kubernetes needs ${missing}`,
      missing === "--image"
        ? "--image NAME: a container image that holds tapeless"
        : "--volume CLAIM: the claim of a volume with the spec and its data, which takes the results",
    );
  if (emit === "slurm" && (image !== undefined || volume !== undefined))
    throw usageError("--image and --volume belong to --emit kubernetes");
}

/** `name` is the model's, `spec` the file as it was given. */
export async function emitSearch(name: string, spec: string, flags: SearchFlags): Promise<void> {
  const outside = [spec, flags.data, flags.out].find((file) => file !== undefined && isAbsolute(file));
  if (flags.emit === "kubernetes" && outside !== undefined)
    throw usageError(`${outside}: a pod sees the volume alone`, "name files relative to the volume's folder");
  const { emit, shards = 1, image = "", volume = "", output, data, out, dtype } = flags;
  const args = [
    "search",
    spec.startsWith("-") ? `./${spec}` : spec,
    ...(data === undefined ? [] : ["--data", data]),
    ...(out === undefined ? [] : ["--out", out]),
    ...(dtype === "f32" ? [] : ["--dtype", dtype]),
  ];
  const job = { name, shards, args, file: output ?? "FILE" };
  const text = emit === "kubernetes" ? kubernetesJob({ ...job, image, volume }) : slurmScript(job);
  if (output === undefined) process.stdout.write(text);
  else await writeFile(output, text);
}

// Outcomes of candidates: tried in threads and saved one by one, or joined from the files of shards.

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
  return new DiagnosticError([{ code: "T1708", severity: "error", message, hint, location: { file } }]);
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

// The command.

/** Returns the exit code: 1 if every training diverged. */
export async function searchSpec(file: string, flags: SearchFlags): Promise<number> {
  checkFlags(flags);
  const { dtype, shard } = flags;
  const spec = await readGuarded(file);
  const { model, source, warnings } = spec;
  say(warnings);
  const whole = flags.out ?? `${model.name}.search.jsonl`;
  const out = shard === undefined ? whole : shardFile(whole, shard);
  await checkFiles(file, model, whole, flags);
  const { candidates, criterion } = await readCandidates(spec, dtype);
  if (flags.emit !== undefined) {
    await emitSearch(model.name, file, flags);
    return 0;
  }
  const [{ preparing }] = candidates;
  const rows = await readSource({ spec: file, source, model, facts: preparing.model, given: flags.data });
  const preparings = candidates.map(({ preparing }) => preparing);
  const { seed } = model.training;
  const open = openData(preparings, { source: rows, seed, placed: onData, warn });

  const search = {
    file,
    dtype,
    candidates,
    open,
    model: model.name,
    hash: searchHash(candidates, open, dtype),
  };
  const outcomes = flags.merge ? joinShards(search, out) : await tryCandidates(search, out, flags);
  if (shard !== undefined) return 0;

  const ranking = rankingOf(candidates, outcomes, criterion);
  const [best] = ranking.ranked;
  if (flags.csv !== undefined) await writeFile(flags.csv, rankingCsv(ranking));
  if (best === undefined) {
    const message = `every candidate diverged: ${ranking.diverged[0].reason}`;
    const hint = "smaller learning rates, gradient clipping (`optimizer.clip`) or scaled inputs may help";
    say([{ code: "T4001", severity: "error", message, hint }]);
    return 1;
  }
  const winner = candidates[best.candidate.number];
  if (flags.writeBest !== undefined)
    await writeFile(flags.writeBest, specText(winner.spec, file, flags.writeBest));
  const judged = await judge(winner.model, best.outcome, rows, onData, dtype);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(rankingJson(criterion.metric, ranking, best, judged))}\n`
      : `${rankingText(ranking)}\ncandidate ${winner.number}: ${valuesText(winner.values)}\n` +
          `${foldedRegime.text(judged)}\n`,
  );
  return 0;
}

/** `whole`: what keeps the results of all shards. @throws DiagnosticError (T1011, T1014) before anything is tried */
async function checkFiles(spec: string, model: Model, whole: string, flags: SearchFlags): Promise<void> {
  const { csv, writeBest, output, shard } = flags;
  const shards = flags.merge ? shardFiles(whole) : undefined;
  await checkOutputs(
    { "--out": whole, "--csv": csv, "--write-best": writeBest, "-o": output },
    { ...ofSpec(spec, model, flags.data), "the results of a shard": shards },
  );
  if (flags.emit !== undefined) return;
  for (const file of [whole, shard && shardFile(whole, shard), csv, writeBest])
    if (file !== undefined) await checkWritable(file);
}

const warn = (message: string) => say([{ code: "T2006", severity: "warning", message }]);

/** @throws DiagnosticError (T1010) for flags that do not go together */
function checkFlags(flags: SearchFlags): void {
  checkEmit(flags);
  const { shard, merge, emit, json, csv, writeBest, threads } = flags;
  const works = [shard && "--shard", merge && "--merge", emit && "--emit"].filter(
    (flag) => typeof flag === "string",
  );
  if (works.length > 1) throw usageError(`${works.join(" and ")} cannot be done at once`);
  if (threads !== undefined && (merge || emit !== undefined))
    throw usageError(`${works[0]} tries no candidate, so there is nothing for --threads to do`);
  const results = [json && "--json", csv && "--csv", writeBest && "--write-best"].filter(
    (flag) => typeof flag === "string",
  );
  if (works.length === 1 && !merge && results.length > 0)
    throw usageError(
      `${works[0]} chooses nothing, so there is nothing for ${results[0]} to tell`,
      "--merge tells it",
    );
  if (writeBest !== undefined && !/\.(json|ya?ml)$/.test(writeBest))
    throw usageError(`--write-best ${writeBest}: a spec is written as .json, .yaml or .yml`);
}
