// Jobs in worker threads: each thread is given the next job when it has done one. Which thread does what
// leaves no trace in the results.
import { Worker } from "node:worker_threads";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { isOfSpec } from "../../compiler/spec/read/typescript.ts";
import { errorText } from "../../compiler/util/message-text.ts";
import type { Outcome } from "./results-file.ts";
import type { Answer, WorkerSetup } from "./worker.ts";

/** A thread ended while it did a job, and the reason is the job's, or the machine's. */
export class JobEndedThread extends Error {
  readonly job: number;
  readonly hint: string;
  constructor(job: number, message: string, hint: string) {
    super(message);
    this.job = job;
    this.hint = hint;
  }
}

const launcher = new URL("../cli/start-thread.js", import.meta.url);

/**
 * A thread keeps every module that it has imported, each candidate's trainer too, until it ends: some 0.6 MB
 * for each.
 */
const jobsOfThread = 100;

/**
 * Calls back for each job that is done, in the order in which they end. Rejects with the first that fails.
 * @throws JobEndedThread, DiagnosticError
 */
export async function inThreads(
  setup: WorkerSetup,
  jobs: readonly number[],
  count: number,
  onResult: (job: number, result: Outcome) => void,
): Promise<void> {
  const queue = jobs.values();
  const running = new Set<Worker>();
  let isOver = false;
  const lane = async () => {
    for (let first = queue.next(); !first.done && !isOver; first = queue.next()) {
      // What a spec in TypeScript prints is not part of the result.
      const worker = new Worker(launcher, { argv: ["search"], workerData: setup, stdout: true });
      running.add(worker);
      let job: number | undefined = first.value;
      for (let done = 1; job !== undefined; done++) {
        onResult(job, await answerOf(worker, job));
        job = done < jobsOfThread && !isOver ? queue.next().value : undefined;
      }
      await worker.terminate();
      running.delete(worker);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(count, jobs.length) }, lane));
  } finally {
    isOver = true;
    await Promise.all([...running].map((worker) => worker.terminate()));
  }
}

/** Gives the thread the job, and waits for its answer or its end. */
function answerOf(worker: Worker, job: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const release = () => worker.off("message", onMessage).off("error", onError).off("exit", onExit);
    const onMessage = (answer: Answer) => {
      release();
      if ("result" in answer) resolve(answer.result);
      else
        reject("diagnostics" in answer ? new DiagnosticError(answer.diagnostics) : new Error(answer.fault));
    };
    const onError = (error: unknown) => {
      release();
      reject(endOf(job, error));
    };
    const onExit = (code: number) => {
      release();
      const hint = "the spec, or what it imports, may call process.exit()";
      reject(new JobEndedThread(job, `its thread ended with code ${code}`, hint));
    };
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(job);
  });
}

/** Of an exception that nobody caught: whether the job is to blame. */
function endOf(job: number, error: unknown): unknown {
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    const hint =
      "NODE_OPTIONS=--max-old-space-size=8192 gives each thread more, and --threads 1 leaves more for it";
    return new JobEndedThread(job, "its thread ran out of memory", hint);
  }
  if (!isOfSpec(error)) return error;
  return new JobEndedThread(job, `the spec fails in its thread: ${errorText(error)}`, "catch it in the spec");
}
