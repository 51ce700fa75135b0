// A thread of the search. It reads the spec itself, because functions in a TypeScript spec cannot be sent to
// a thread. Then it receives candidate numbers one by one, trains each candidate and replies with the
// outcome.
import { parentPort, workerData } from "node:worker_threads";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, invariant } from "../../compiler/diagnostics/errors.ts";
import type { ModelFiles } from "../../compiler/spec/model-files.ts";
import { parseModel } from "../../compiler/spec/parse-model.ts";
import { readSpec } from "../../compiler/spec/read/read-spec.ts";
import { specOfValue } from "../../compiler/spec/read/spec-source.ts";
import { candidatesOf } from "./candidates.ts";
import type { Outcome } from "./results-file.ts";
import { datasetIn } from "./open-data.ts";
import type { OpenData } from "./open-data.ts";
import { tryCandidate } from "./try-candidate.ts";

/** The reply of a thread to a job: an outcome, errors of the candidate, or the message of another error. */
export type JobReply = { readonly job: number } & (
  { readonly result: Outcome } | { readonly diagnostics: readonly Diagnostic[] } | { readonly error: string }
);

/** The file of a spec, or a spec without functions and the model files that it names. */
export type SpecOfWorker =
  { readonly file: string } | { readonly value: unknown; readonly files: ModelFiles };

export interface WorkerSetup extends OpenData {
  readonly spec: SpecOfWorker;
  readonly dtype: "f32" | "f64";
}

const { spec: given, dtype, data, dataOf }: WorkerSetup = workerData;
const read = async () => {
  const { value, search, files } =
    "file" in given ? await readSpec(given.file) : specOfValue(given.value, given.files);
  invariant(search !== undefined, "the spec of a search has training.search");
  return { candidates: candidatesOf(value, search), files };
};
/**
 * If reading fails here although it succeeded in the main thread, the error is the reply to the first job.
 */
const reading = read();
reading.catch(() => {});

const port = parentPort;
invariant(port !== null, "this module runs in a thread");
port.on("message", (job: number) => {
  const trying = async () => {
    const { candidates, files } = await reading;
    const { spec } = candidates[job];
    return tryCandidate(parseModel(spec, files), data[dataOf[job]].map(datasetIn), dtype);
  };
  trying().then(
    (result) => port.postMessage({ job, result } satisfies JobReply),
    (error: unknown) => port.postMessage({ job, ...errorOf(error) } satisfies JobReply),
  );
});

const errorOf = (error: unknown) =>
  error instanceof DiagnosticError
    ? { diagnostics: error.diagnostics }
    : { error: error instanceof Error ? error.message : String(error) };
