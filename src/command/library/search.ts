/** `search` of the library: trains the candidates of a spec in threads and selects the best. */
import { availableParallelism } from "node:os";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, invariant } from "../../compiler/diagnostics/errors.ts";
import type { ModelFiles } from "../../compiler/spec/model-files.ts";
import { modelSchema } from "../../compiler/spec/schema.ts";
import type { ModelSpec } from "../../compiler/spec/schema.ts";
import { onData } from "../compile/compile-spec.ts";
import { readCandidates } from "../search/check-candidates.ts";
import { openData } from "../search/open-data.ts";
import { everyDiverged, rankingJson, rankingOf } from "../search/report.ts";
import type { RankedCandidate } from "../search/report.ts";
import type { Outcome } from "../search/results-file.ts";
import { ThreadEndedError, inThreads, threadEnded } from "../search/threads.ts";
import { testCandidate } from "../search/try-candidate.ts";
import type { SpecOfWorker } from "../search/worker.ts";
import { Aborted, throwIfAborted } from "./aborted.ts";
import { checkOptions, openSpec, optionError } from "./open-spec.ts";
import type { SpecInput } from "./open-spec.ts";
import { sourceOf } from "./rows.ts";
import type { SourceOptions } from "./rows.ts";
import type { RunResult } from "./train.ts";

export interface SearchOptions extends SourceOptions {
  /** The element type of parameters and values; `f32` by default. */
  readonly dtype?: "f32" | "f64" | undefined;
  /** The number of threads; by default the number of cores. */
  readonly threads?: number | undefined;
  /** Stops the search: `search` rejects with `Aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the outcome of each candidate as soon as it is known. */
  readonly onEvent?: ((event: SearchEvent) => void) | undefined;
}

export type SearchEvent =
  | {
      readonly kind: "candidate";
      readonly candidate: number;
      readonly values: Readonly<Record<string, unknown>>;
      readonly outcome: Outcome;
      /** The number of trained candidates, and the number of all candidates. */
      readonly done: number;
      readonly all: number;
    }
  | { readonly kind: "warning"; readonly diagnostic: Diagnostic };

export interface Searched {
  /** The metric that ranks the candidates. */
  readonly metric: string;
  /** All candidates, best first; those that diverged are last. */
  readonly candidates: readonly RankedCandidate[];
  /**
   * The best candidate, with its spec and its results on all splits. It is trained as `train` trains that
   * spec.
   */
  readonly best: Omit<RunResult, "model"> & {
    readonly candidate: number;
    readonly values: Readonly<Record<string, unknown>>;
    readonly spec: ModelSpec;
  };
  readonly warnings: readonly Diagnostic[];
}

/**
 * Trains all candidates of `training.search`, ranks them on the validation rows, and evaluates the best one on the
 * test rows.
 *
 * @throws {DiagnosticError} for an invalid spec, option or data file, and if every candidate diverged
 * @throws {Aborted} if `signal` stops the search
 */
export async function search(spec: SpecInput, options: SearchOptions = {}): Promise<Searched> {
  checkOptions(options, [
    "data",
    "validation",
    "test",
    "folder",
    "files",
    "dtype",
    "threads",
    "signal",
    "onEvent",
  ]);
  const { dtype = "f32", threads = availableParallelism(), signal, onEvent } = options;
  if (!(Number.isInteger(threads) && threads > 0))
    throw optionError(`threads must be a positive integer, got ${threads}`);
  throwIfAborted(signal);
  const open = await openSpec(spec, options);
  const warnings: Diagnostic[] = [...open.read.warnings];
  const warn = (diagnostic: Diagnostic) => {
    warnings.push(diagnostic);
    onEvent?.({ kind: "warning", diagnostic });
  };
  const { candidates, criterion } = await readCandidates(open.read, dtype);
  const contexts = candidates.map(({ context }) => context);
  const rows = await sourceOf(open, contexts[0].model, options, warn);
  const { seed } = open.read.model.training;
  const warnOfRows = (message: string) => warn({ code: "T2006", severity: "warning", message });
  const data = openData(contexts, { source: rows, seed, locateErrors: onData, warn: warnOfRows });
  const outcomes = new Map<number, Outcome>();
  const keep = (number: number, outcome: Outcome) => {
    outcomes.set(number, outcome);
    const { values } = candidates[number];
    onEvent?.({
      kind: "candidate",
      candidate: number,
      values,
      outcome,
      done: outcomes.size,
      all: candidates.length,
    });
  };
  const numbers = candidates.map(({ number }) => number);
  try {
    await inThreads(
      { spec: specForThreads(spec, open.read.files), dtype, ...data },
      numbers,
      threads,
      keep,
      signal,
    );
  } catch (error) {
    if (signal?.aborted) throw new Aborted(signal);
    if (!(error instanceof ThreadEndedError)) throw error;
    throw threadEnded(open.read.source.file, candidates[error.job], error);
  }
  if (signal?.aborted) throw new Aborted(signal);
  const ranking = rankingOf(candidates, outcomes, criterion);
  const [best] = ranking.ranked;
  if (best === undefined) throw new DiagnosticError([everyDiverged(ranking)]);
  const winner = candidates[best.candidate.number];
  const tested = await testCandidate(winner.model, best.outcome, rows, onData, dtype);
  const { model: _, ...result } = rankingJson(criterion.metric, ranking, best, tested);
  invariant(isSpec(winner.spec), "the spec of a candidate is valid");
  return { ...result, best: { ...result.best, spec: winner.spec }, warnings };
}

const isSpec = (value: unknown): value is ModelSpec => modelSchema.safeParse(value).success;

/**
 * A thread reads the file of a spec itself. An object is copied to the thread, so it must not contain
 * functions.
 */
function specForThreads(spec: SpecInput, files: ModelFiles): SpecOfWorker {
  if (typeof spec === "string") return { file: spec };
  try {
    return { value: structuredClone(spec), files };
  } catch {
    throw optionError(
      "a spec with functions cannot be sent to threads",
      "write it to a .ts file and pass its path",
    );
  }
}
