// Runs jobs in worker threads. Each thread takes the next job when it has finished one. Results do not depend
// on which thread runs which job.
import { Worker } from "node:worker_threads";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { isOfSpec } from "../../compiler/spec/read/typescript.ts";
import { errorText } from "../../compiler/util/message-text.ts";
import type { Candidate } from "./candidates.ts";
import { valuesText } from "./report.ts";
import type { Outcome } from "./results-file.ts";
import type { JobReply, WorkerSetup } from "./worker.ts";

/** The error for a thread that ended during a job, because of the job or because memory ran out. */
export class ThreadEndedError extends Error {
  readonly job: number;
  readonly hint: string;
  constructor(job: number, message: string, hint: string) {
    super(message);
    this.job = job;
    this.hint = hint;
  }
}

/** The error of a candidate whose thread or process ended. */
export function threadEnded(
  file: string,
  { number, values }: Candidate,
  error: Pick<ThreadEndedError, "message" | "hint">,
): DiagnosticError {
  const message = `candidate ${number} (${valuesText(values)}) could not be trained: ${error.message}`;
  const { hint } = error;
  return new DiagnosticError([{ code: "T1708", severity: "error", message, hint, location: { file } }]);
}

const launcher = new URL("../cli/start-thread.js", import.meta.url);

/** Imported modules stay in memory until the thread ends: about 0.6 MB for the trainer of each candidate. */
const jobsOfThread = 100;

/**
 * Calls `onResult` for each job as it finishes. Rejects with the error of the first job that fails. `stop`
 * ends all threads, and with them their jobs.
 * @throws ThreadEndedError, DiagnosticError
 */
export async function inThreads(
  setup: WorkerSetup,
  jobs: readonly number[],
  count: number,
  onResult: (job: number, result: Outcome) => void,
  stop?: AbortSignal,
): Promise<void> {
  const queue = jobs.values();
  const running = new Set<Worker>();
  let isOver = false;
  const lane = async () => {
    for (let first = queue.next(); !first.done && !isOver; first = queue.next()) {
      // With `stdout`, the output of a TypeScript spec is not mixed with the result on standard output.
      const worker = new Worker(launcher, { argv: ["search"], workerData: setup, stdout: true });
      running.add(worker);
      let job: number | undefined = first.value;
      for (let done = 1; job !== undefined; done++) {
        onResult(job, await runJob(worker, job));
        job = done < jobsOfThread && !isOver ? queue.next().value : undefined;
      }
      await worker.terminate();
      running.delete(worker);
    }
  };
  const end = () => {
    isOver = true;
    return Promise.all([...running].map((worker) => worker.terminate()));
  };
  const onStop = () => void end();
  stop?.addEventListener("abort", onStop);
  try {
    await Promise.all(Array.from({ length: Math.min(count, jobs.length) }, lane));
  } finally {
    stop?.removeEventListener("abort", onStop);
    await end();
  }
}

/** Sends the job to the thread, and waits for the reply or for the end of the thread. */
function runJob(worker: Worker, job: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const release = () => worker.off("message", onMessage).off("error", onError).off("exit", onExit);
    const onMessage = (reply: JobReply) => {
      release();
      if ("result" in reply) resolve(reply.result);
      else reject("diagnostics" in reply ? new DiagnosticError(reply.diagnostics) : new Error(reply.error));
    };
    const onError = (error: unknown) => {
      release();
      reject(endOf(job, error));
    };
    const onExit = (code: number) => {
      release();
      const hint = "the spec, or a module that it imports, may call process.exit()";
      reject(new ThreadEndedError(job, `its thread exited with code ${code}`, hint));
    };
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(job);
  });
}

/** Classifies an uncaught error of a thread: caused by the job, or internal. */
function endOf(job: number, error: unknown): unknown {
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    const hint = "set NODE_OPTIONS=--max-old-space-size=8192, or use fewer threads, such as --threads 1";
    return new ThreadEndedError(job, "its thread ran out of memory", hint);
  }
  if (!isOfSpec(error)) return error;
  return new ThreadEndedError(
    job,
    `the spec throws in its thread: ${errorText(error)}`,
    "catch the error in the spec",
  );
}
