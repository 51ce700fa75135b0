// Jobs in worker threads: each thread is given the next job when it has done one. Which thread does what leaves no trace in the results.
import { Worker } from "node:worker_threads";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { DiagnosticError } from "../diagnostics/errors.ts";
import type { Outcome } from "./outcome.ts";
import type { WorkerSetup } from "./worker.ts";

/** What a thread says of a job. */
export type Answer = { readonly job: number } & (
  { readonly result: Outcome } | { readonly diagnostics: readonly Diagnostic[] } | { readonly fault: string }
);

/** A clone's threads are started as its command is; the published package holds the compiled file. */
const entry = import.meta.url.endsWith(".ts")
  ? new URL("../cli/start-worker.js", import.meta.url)
  : new URL("./worker.js", import.meta.url);

/** Calls back for each job that is done, in the order in which they end. Rejects with the first that fails. */
export async function inThreads(
  setup: WorkerSetup,
  jobs: readonly number[],
  count: number,
  onResult: (job: number, result: Outcome) => void,
): Promise<void> {
  const queue = jobs.values();
  // What a spec in TypeScript prints is no result of ours.
  const start = () => new Worker(entry, { workerData: setup, stdout: true });
  const workers = Array.from({ length: Math.min(count, jobs.length) }, start);
  const work = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      const next = () => {
        const { value, done } = queue.next();
        if (done) resolve();
        else worker.postMessage(value);
      };
      worker.on("message", (answer: Answer) => {
        if ("diagnostics" in answer) return reject(new DiagnosticError(answer.diagnostics));
        if ("fault" in answer) return reject(new Error(answer.fault));
        onResult(answer.job, answer.result);
        next();
      });
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("a thread of the search ended before its work was done")));
      next();
    });
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
