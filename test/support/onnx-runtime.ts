/**
 * Runs ONNX models in ONNX Runtime and checks them with the checker of ONNX. Both are Python packages of Debian, which
 * cannot be imported in one process.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { lacksModules, python } from "./python.ts";

/** Whether tests skip what needs these packages. With CI=true they do not, and fail if a package is missing. */
export const lacksOnnx = (): boolean => lacksModules("onnx", "onnxruntime");

export interface Feed extends Tensor {
  readonly element: "f32" | "f64" | "i32";
}

/** A model that runs several times. Each output `next:NAME` is the input NAME of the next run. */
export interface Job {
  readonly model: Uint8Array;
  readonly inputs: Readonly<Record<string, Feed>>;
  /** The inputs that differ from run to run; used in turn. */
  readonly batches: readonly Readonly<Record<string, Feed>>[];
  readonly runs: number;
}

/** The output `loss` of each run, and all outputs of the last one. */
export interface JobResult {
  readonly losses: Float64Array;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

const tensor = z.object({ shape: z.array(z.number()), data: z.base64() });
const results = z.array(
  z.union([
    z.object({ losses: tensor, outputs: z.record(z.string(), tensor) }),
    z.object({ error: z.string() }),
  ]),
);

const encoded = (data: Float64Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");

function decoded({ shape, data }: z.infer<typeof tensor>): Tensor {
  const bytes = Buffer.from(data, "base64");
  return {
    shape,
    data: Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8)),
  };
}

const feedJson = (feeds: Readonly<Record<string, Feed>>) =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { element, shape, data }]) => [
      name,
      { element, shape, data: encoded(data) },
    ]),
  );

/** Runs jobs in one process. @throws Error with the message of ONNX Runtime for a model that it cannot run */
export function runJobs(jobs: readonly Job[]): readonly JobResult[] {
  const input = jobs.map(({ model, inputs, batches, runs }) => ({
    model: Buffer.from(model).toString("base64"),
    inputs: feedJson(inputs),
    batches: batches.map(feedJson),
    runs,
  }));
  return results.parse(pythonJson("onnx_runtime.py", input)).map((result) => {
    if ("error" in result) throw new Error(result.error);
    const outputs = Object.entries(result.outputs).map(([name, value]) => [name, decoded(value)]);
    return { losses: decoded(result.losses).data, outputs: Object.fromEntries(outputs) };
  });
}

/** The messages of the checker, one for each model; empty for a valid one. */
export const checkModels = (models: readonly Uint8Array[]): readonly string[] =>
  z.array(z.string()).parse(
    pythonJson(
      "onnx_checker.py",
      models.map((model) => Buffer.from(model).toString("base64")),
    ),
  );

function pythonJson(script: string, input: unknown): unknown {
  const { stdout, stderr, status } = spawnSync(python, [fileURLToPath(new URL(script, import.meta.url))], {
    input: JSON.stringify(input),
    maxBuffer: 2 ** 30,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${script} failed: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout);
}
