/**
 * `tapeless search`: trains the candidates of a spec in threads, or combines the results of shards. Selects
 * the best candidate on the validation rows, and evaluates it on the test rows.
 */
import { resultOf } from "../../compiler/trainer/dataset-context.ts";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { checkPytorch } from "../../compiler/spec/check/check-pytorch.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { figureText } from "../../runtime/training/train-on.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import { checkInVolume, checkKubernetes } from "../cluster/flags.ts";
import { searchManifest, searchScript } from "../cluster/scripts.ts";
import { onData, readGuarded } from "../compile/compile-spec.ts";
import { checkOutputs, checkWritable, ofSpec, writeFile } from "../files/write-file.ts";
import { programFiles, readSource } from "../files/read-source.ts";
import { CandidateError, inProcesses, trainWithPytorch } from "../search/pytorch-engine.ts";
import type { PytorchSetup } from "../search/pytorch-engine.ts";
import { specText } from "../search/best-spec.ts";
import { readCandidates } from "../search/check-candidates.ts";
import type { CheckedCandidate } from "../search/check-candidates.ts";
import { isIn, shardFile, shardFiles, shardsOf } from "../search/shards.ts";
import type { EmitFlags, SearchFlags, Shard } from "../search/shards.ts";
import { openData, searchHash } from "../search/open-data.ts";
import type { OpenData } from "../search/open-data.ts";
import { addResult, isValidated, openResults, readResults } from "../search/results-file.ts";
import type { Outcome, Outcomes } from "../search/results-file.ts";
import {
  everyDiverged,
  rankingCsv,
  rankingJson,
  rankingOf,
  rankingText,
  valuesText,
} from "../search/report.ts";
import { ThreadEndedError, inThreads, threadEnded } from "../search/threads.ts";
import { testCandidate } from "../search/try-candidate.ts";
import { progressLine } from "../terminal/progress-line.ts";
import { printDiagnostics, printNotice, usageError } from "../terminal/report-error.ts";
import { catchStopSignals, stopCodes, stopName } from "../terminal/stop-signals.ts";
import type { StopSignal } from "../terminal/stop-signals.ts";

// `--emit`: writes a script that runs the shards of a search on a cluster.

/** @throws DiagnosticError (T1010) for missing flags, and for flags that do not belong to `--emit` */
export function checkEmit(flags: EmitFlags): void {
  const { emit, shards, image, volume, output } = flags;
  const named = Object.entries({ shards, image, volume, output }).filter(([, value]) => value !== undefined);
  if (emit === undefined && named.length > 0)
    throw usageError(`--${named[0][0]} needs --emit`, "add --emit slurm or --emit kubernetes");
  if (emit !== undefined && shards === undefined)
    throw usageError("--emit needs the number of shards", "add --shards N");
  checkKubernetes(flags, {
    image: "tapeless",
    volume: "the spec and its data, and receives the results",
  });
}

/**
 * Writes the script. `name` is the name of the model, and `spec` is the path of the spec as the user gave it.
 */
export async function emitSearch(name: string, spec: string, flags: SearchFlags): Promise<void> {
  checkInVolume(flags, [spec, flags.data, flags.out]);
  const { emit, shards = 1, image = "", volume = "", output, data, out, dtype, engine, device } = flags;
  const args = [
    "search",
    spec.startsWith("-") ? `./${spec}` : spec,
    ...(data === undefined ? [] : ["--data", data]),
    ...(out === undefined ? [] : ["--out", out]),
    ...(dtype === "f32" ? [] : ["--dtype", dtype]),
    ...(engine === "tapeless" ? [] : ["--engine", engine]),
    ...(device === undefined ? [] : ["--device", device]),
  ];
  const job = { name, shards, args, file: output ?? "FILE", needsPython: engine === "pytorch" };
  const text = emit === "kubernetes" ? searchManifest({ ...job, image, volume }) : searchScript(job);
  if (output === undefined) process.stdout.write(text);
  else await writeFile(output, text);
}

// Collects the outcomes of candidates. Either trains the candidates in threads and saves each outcome, or
// combines the outcomes in the files of shards.

export interface Search {
  /** The file of the spec. */
  readonly file: string;
  readonly model: string;
  readonly dtype: "f32" | "f64";
  readonly candidates: readonly CheckedCandidate[];
  readonly open: OpenData;
  readonly hash: string;
  /** If PyTorch trains the candidates. */
  readonly pytorch?: PytorchSetup | undefined;
}

/** The error for a search that a signal has stopped, after its results were stored. */
class SearchStopped extends Error {
  readonly signal: StopSignal;
  constructor(signal: StopSignal, done: number, all: number, out: string) {
    const stored = `${done} of ${all} candidates are stored in ${out}`;
    super(`stopped by ${stopName(signal)}: ${stored}; run the same command again to resume`);
    this.signal = signal;
  }
}

/**
 * Trains those candidates of the search, or of a shard, that have no outcome in `out` yet, and appends their
 * outcomes to this file.
 * @throws SearchStopped after a signal
 */
export async function tryCandidates(
  { file, model, dtype, candidates, open, hash, pytorch }: Search,
  out: string,
  { shard = { index: 0, count: 1 }, threads = availableParallelism() }: { shard?: Shard; threads?: number },
): Promise<Outcomes> {
  const outcomes = readResults(out, hash);
  openResults(out, hash, model);
  const own = candidates.map(({ number }) => number).filter((number) => isIn(shard, number));
  const left = own.filter((number) => !outcomes.has(number));
  const progress = await progressLine(process.stderr);
  const stop = new AbortController();
  const signals = catchStopSignals(() => stop.abort());
  progress.show(`${own.length} candidates, ${left.length} to train; results are stored in ${out}`);
  const keep = (number: number, outcome: Outcome) => {
    addResult(out, candidates[number], outcome);
    outcomes.set(number, outcome);
    progress.show(`${outcomes.size}/${own.length}  ${outcomeText(candidates[number], outcome)}`);
  };
  try {
    await (pytorch === undefined
      ? inThreads({ spec: { file }, dtype, ...open }, left, threads, keep, stop.signal)
      : inProcesses(
          candidates.map((candidate) => candidate.model),
          left,
          pytorch,
          keep,
          stop.signal,
        ));
  } catch (error) {
    const signal = signals.received();
    if (signal !== undefined) throw new SearchStopped(signal, outcomes.size, own.length, out);
    const isOfJob = error instanceof ThreadEndedError || error instanceof CandidateError;
    throw isOfJob ? threadEnded(file, candidates[error.job], error) : error;
  } finally {
    progress.end();
    signals.release();
  }
  return outcomes;
}

/** One line of progress. */
function outcomeText({ number, values }: CheckedCandidate, outcome: Outcome): string {
  const figures = isValidated(outcome)
    ? Object.entries(outcome.validation).map(([name, value]) => `${name} ${figureText(value)}`)
    : ["diverged"];
  return `candidate ${number}: ${figures.join("  ")}  (${valuesText(values)})`;
}

/**
 * Combines the results of all shards in the file `out`.
 * @throws DiagnosticError (T1010) if a candidate has no result
 */
export function joinShards({ model, candidates, hash }: Search, out: string): Outcomes {
  const files = shardFiles(out);
  if (files.length === 0)
    throw usageError(
      `--merge found no results of shards in ${dirname(out)}`,
      `run the shards first: --shard 0/4 writes ${shardFile(out, { index: 0, count: 4 })}`,
    );
  const known = readResults(out, hash);
  const outcomes = new Map([...known, ...files.flatMap((file) => [...readResults(file, hash)])]);
  const missing = candidates.filter(({ number }) => !outcomes.has(number));
  if (missing.length > 0) {
    const shards = shardsOf(
      missing.map(({ number }) => number),
      files,
    ).map(({ index, count }) => `--shard ${index}/${count}`);
    const again = shards.length === 0 ? "run the missing shards" : `run these again: ${shards.join(", ")}`;
    throw usageError(
      `--merge: ${missing.length} of ${candidates.length} candidates have no result ` +
        `(the first is candidate ${missing[0].number})`,
      `${again}; results found in ${files.join(", ")}`,
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

/** Returns the exit code: 1 if every candidate diverged, 130 or 143 if a signal stops the search. */
export async function searchSpec(file: string, flags: SearchFlags): Promise<number> {
  try {
    return await searchOrMerge(file, flags);
  } catch (error) {
    if (!(error instanceof SearchStopped)) throw error;
    process.stderr.write(`${error.message}\n`);
    return stopCodes[error.signal];
  }
}

async function searchOrMerge(file: string, flags: SearchFlags): Promise<number> {
  checkFlags(flags);
  const { dtype, shard } = flags;
  const spec = await readGuarded(file);
  const { model, source, warnings } = spec;
  printDiagnostics(warnings);
  const whole = flags.out ?? `${model.name}.search.jsonl`;
  const out = shard === undefined ? whole : shardFile(whole, shard);
  await checkFiles(file, model, whole, flags);
  const { candidates, criterion } = await readCandidates(spec, dtype);
  if (flags.engine === "pytorch")
    await located(source, () => candidates.forEach((candidate) => checkPytorch(candidate.model)));
  if (flags.emit !== undefined) {
    await emitSearch(model.name, file, flags);
    return 0;
  }
  const [{ context }] = candidates;
  const rows = await readSource({
    spec: file,
    source,
    model,
    facts: context.model,
    given: flags.data,
    notify: printNotice,
  });
  const contexts = candidates.map(({ context }) => context);
  const { seed } = model.training;
  const open = openData(contexts, { source: rows, seed, locateErrors: onData, warn });

  const search = {
    file,
    dtype,
    candidates,
    open,
    model: model.name,
    hash: searchHash(candidates, open, dtype, flags.engine),
    pytorch: pytorchSetup(file, model, flags),
  };
  const outcomes = flags.merge ? joinShards(search, out) : await tryCandidates(search, out, flags);
  if (shard !== undefined) return 0;

  const ranking = rankingOf(candidates, outcomes, criterion);
  const [best] = ranking.ranked;
  if (flags.csv !== undefined) await writeFile(flags.csv, rankingCsv(ranking));
  if (best === undefined) {
    printDiagnostics([everyDiverged(ranking)]);
    return 1;
  }
  const winner = candidates[best.candidate.number];
  if (flags.writeBest !== undefined)
    await writeFile(flags.writeBest, specText(winner.spec, file, flags.writeBest));
  const tested =
    search.pytorch === undefined
      ? await testCandidate(winner.model, best.outcome, rows, onData, dtype)
      : await testWithPytorch(winner.model, search.pytorch);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(rankingJson(criterion.metric, ranking, best, tested))}\n`
      : `${rankingText(ranking, process.stdout.columns)}\ncandidate ${winner.number}: ${valuesText(winner.values)}\n` +
          `${resultOf(winner.model, tested)}\n`,
  );
  return 0;
}

/** The engine of the flags; undefined for emitted trainers. */
function pytorchSetup(
  spec: string,
  model: Model,
  { engine, device = "cpu", dtype, data, threads = availableParallelism() }: SearchFlags,
): PytorchSetup | undefined {
  if (engine !== "pytorch") return undefined;
  return { dtype, files: programFiles(spec, model, data), device, processes: threads };
}

/** Trains the chosen model once more, with a result on the test split. */
async function testWithPytorch(model: Model, setup: PytorchSetup): Promise<TrainingResult> {
  const tested = await trainWithPytorch(model, { ...setup, processes: 1 });
  if ("diverged" in tested) throw new Error(`internal: the chosen candidate diverged: ${tested.diverged}`);
  return tested;
}

/** `whole`: the results file of all shards. @throws DiagnosticError (T1011, T1014) before any training */
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

const warn = (message: string) => printDiagnostics([{ code: "T2006", severity: "warning", message }]);

/** @throws DiagnosticError (T1010) for flags that cannot be combined */
function checkFlags(flags: SearchFlags): void {
  checkEmit(flags);
  const { shard, merge, emit, json, csv, writeBest, threads, engine, device } = flags;
  if (device !== undefined && engine !== "pytorch")
    throw usageError("--device needs --engine pytorch", "emitted trainers run on the CPU");
  const works = [shard && "--shard", merge && "--merge", emit && "--emit"].filter(
    (flag) => typeof flag === "string",
  );
  if (works.length > 1) throw usageError(`use only one of ${works.join(", ")}`);
  if (threads !== undefined && (merge || emit !== undefined))
    throw usageError(`--threads has no effect with ${works[0]}, which does not train candidates`);
  const results = [json && "--json", csv && "--csv", writeBest && "--write-best"].filter(
    (flag) => typeof flag === "string",
  );
  if (works.length === 1 && !merge && results.length > 0)
    throw usageError(
      `${results[0]} has no effect with ${works[0]}, which does not select a candidate`,
      `use ${results[0]} with --merge`,
    );
  if (writeBest !== undefined && !/\.(json|ya?ml)$/.test(writeBest))
    throw usageError(`--write-best ${writeBest}: the file name must end in .json, .yaml or .yml`);
}
