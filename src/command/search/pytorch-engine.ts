/** `tapeless search --engine pytorch`: trains candidates with their emitted PyTorch files, each in a Python process. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import type { Model } from "../../compiler/spec/types.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import { shown } from "../../runtime/step/errors.ts";
import type { Outcome } from "./results-file.ts";

export interface PytorchSetup {
  readonly dtype: "f32" | "f64";
  /** The files that the program reads, by its option: `data`, and others for splits with a separate file. */
  readonly files: Readonly<Record<string, string>>;
  readonly device: "cpu" | "cuda";
  /** The number of candidates that train at the same time, which share the cores. */
  readonly processes: number;
}

/** The error for a Python process that ends without a result. */
export class PythonError extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** The error of a candidate that could not be trained. */
export class CandidateError extends Error {
  readonly job: number;
  readonly hint: string;
  constructor(job: number, { message, hint }: PythonError) {
    super(message);
    this.job = job;
    this.hint = hint;
  }
}

const summary = z.object({ loss: z.number() }).catchall(z.number());
const result = z.object({
  model: z.string(),
  epochs: z.int(),
  bestEpoch: z.int(),
  train: summary,
  validation: summary.optional(),
  test: summary.optional(),
});

/**
 * Trains the model and evaluates it on every split, or returns why the training diverged.
 * @throws PythonError, and the reason of `signal` if it stops the training
 */
export async function trainWithPytorch(
  model: Model,
  setup: PytorchSetup,
  signal?: AbortSignal,
): Promise<TrainingResult | { readonly diverged: string }> {
  const folder = await mkdtemp(join(tmpdir(), "tapeless-search-"));
  const file = join(folder, `${model.name}.py`);
  try {
    await writeFile(
      file,
      await emitText(compileFor(model, { target: "pytorch", dtype: setup.dtype }), setup.dtype),
    );
    const { stdout, stderr, error } = await runPython(file, setup, signal);
    signal?.throwIfAborted();
    const diverged = /^error: (training diverged: .*)$/m.exec(stderr)?.[1];
    if (diverged !== undefined) return { diverged };
    if (error !== null) throw failure(error, stderr);
    return result.parse(JSON.parse(stdout));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: Error | null;
}

/** The variable PYTHON names another interpreter than python3. */
const interpreter = (): string => process.env.PYTHON ?? "python3";

function runPython(
  file: string,
  { files, dtype, device, processes }: PytorchSetup,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  const threads = String(Math.max(1, Math.floor(availableParallelism() / processes)));
  const env = { OMP_NUM_THREADS: threads, ...process.env };
  const read = Object.entries(files).map(([option, name]) => `--${option}=${name}`);
  const args = [file, ...read, "--dtype", dtype, "--device", device, "--json"];
  return new Promise((resolve) => {
    execFile(interpreter(), args, { env, signal, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, error }),
    );
  });
}

function failure(error: Error, stderr: string): PythonError {
  const install = `install PyTorch and NumPy, or set PYTHON to an interpreter that has them (now ${interpreter()})`;
  if ("code" in error && error.code === "ENOENT")
    return new PythonError(`there is no ${interpreter()}`, install);
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return new PythonError(
    `Python ended with: ${shown(last.replace(/^error: /, "") || error.message, 400)}`,
    last.startsWith("ModuleNotFoundError") ? install : "run the emitted file to see the whole message",
  );
}

/** Calls `onResult` for each candidate as it finishes. Rejects with the error of the first one that fails. */
export async function inProcesses(
  models: readonly Model[],
  jobs: readonly number[],
  setup: PytorchSetup,
  onResult: (job: number, outcome: Outcome) => void,
  stop: AbortSignal,
): Promise<void> {
  const queue = jobs.values();
  const failed = new AbortController();
  const signal = AbortSignal.any([stop, failed.signal]);
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); !next.done && !signal.aborted; next = queue.next()) {
      const job = next.value;
      try {
        onResult(job, outcomeOf(await trainWithPytorch(models[job], setup, signal)));
      } catch (error) {
        failed.abort();
        throw error instanceof PythonError ? new CandidateError(job, error) : error;
      }
    }
  };
  const lanes = await Promise.allSettled(
    Array.from({ length: Math.min(setup.processes, jobs.length) }, lane),
  );
  const first = lanes.find((each) => each.status === "rejected" && !isAbort(each.reason));
  if (first?.status === "rejected") throw first.reason;
  stop.throwIfAborted();
}

const isAbort = (reason: unknown): boolean => reason instanceof Error && reason.name === "AbortError";

/** The outcome has no result on the test split, so that the selection cannot depend on it. */
function outcomeOf(found: TrainingResult | { readonly diverged: string }): Outcome {
  if ("diverged" in found) return found;
  const { bestEpoch, validation } = found;
  if (validation === undefined) throw new Error("internal: the spec has no validation rows");
  return { bestEpoch, validation };
}
