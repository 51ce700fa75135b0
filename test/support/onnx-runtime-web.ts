/** Runs jobs in ONNX Runtime Web: the WebAssembly build for pages, in this process and on one thread. */
import * as ort from "onnxruntime-web";
import type { Feed, Job, JobResult } from "./onnx-runtime.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

function tensorOf({ element, shape, data }: Feed): ort.Tensor {
  const dims = [...shape];
  if (element === "i32") return new ort.Tensor("int32", Int32Array.from(data), dims);
  return element === "f32"
    ? new ort.Tensor("float32", Float32Array.from(data), dims)
    : new ort.Tensor("float64", data, dims);
}

const tensorsOf = (feeds: Readonly<Record<string, Feed>>): Record<string, ort.Tensor> =>
  Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, tensorOf(feed)]));

function numbersOf({ data }: ort.Tensor): Float64Array {
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array)
    return Float64Array.from(data);
  throw new Error("the elements of an output are no numbers");
}

async function runJob({ model, inputs, batches, runs }: Job): Promise<JobResult> {
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const feeds = tensorsOf(inputs);
  const losses = new Float64Array(runs);
  let results: ort.InferenceSession.ReturnType = {};
  for (let run = 0; run < runs; run++) {
    Object.assign(feeds, tensorsOf(batches[run % batches.length]));
    results = await session.run(feeds);
    losses[run] = Object.hasOwn(results, "loss") ? numbersOf(results.loss)[0] : 0;
    for (const [name, value] of Object.entries(results))
      if (name.startsWith("next:")) feeds[name.slice("next:".length)] = value;
  }
  await session.release();
  const outputs = Object.entries(results).map(([name, value]) => [
    name,
    { shape: value.dims, data: numbersOf(value) },
  ]);
  return { losses, outputs: Object.fromEntries(outputs) };
}

/** @throws Error with the message of ONNX Runtime for a model that it cannot run */
export async function runJobsInWeb(jobs: readonly Job[]): Promise<readonly JobResult[]> {
  const results: JobResult[] = [];
  for (const job of jobs) results.push(await runJob(job));
  return results;
}
