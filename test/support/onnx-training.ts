/** Trains a model by its ONNX files and by its emitted trainer, from the same parameters with the same batches. */
import { fromBinary } from "@bufbuild/protobuf";
import * as z from "zod";
import { compileFor, emitFiles, emitText } from "../../src/compiler/compile-target.ts";
import { modelFacts } from "../../src/compiler/trainer/trainer-facts.ts";
import type { Model } from "../../src/compiler/spec/types.ts";
import { ModelProtoSchema, TensorProto_DataType as DataType } from "../../src/compiler/util/onnx/onnx_pb.js";
import type { ModelProto, ValueInfoProto } from "../../src/compiler/util/onnx/onnx_pb.js";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { randomData } from "../fuzz/random-batch.ts";
import { imported } from "./emitted.ts";
import { runJobs } from "./onnx-runtime.ts";
import type { Feed, Job, JobResult } from "./onnx-runtime.ts";

export type RunJobs = (jobs: readonly Job[]) => readonly JobResult[] | Promise<readonly JobResult[]>;

export interface OnnxFiles {
  readonly gradient: Uint8Array;
  readonly step: Uint8Array;
}

export async function onnxFiles(model: Model, dtype: "f32" | "f64"): Promise<OnnxFiles> {
  const files = await emitFiles(compileFor(model, { target: "onnx", dtype }), dtype);
  const named = (ending: string): Uint8Array => {
    const file = files?.find(({ name }) => name === `${model.name}.${ending}`);
    if (file === undefined) throw new Error(`there is no file ${ending}`);
    return file.bytes;
  };
  return { gradient: named("gradient.onnx"), step: named("step.onnx") };
}

/** The largest differences between ONNX Runtime and the trainer. */
export interface Differences {
  /** Of the loss of each step; relative for losses above 1. */
  readonly loss: number;
  /** Of the gradients of the first batch, relative to the largest gradient of each parameter. */
  readonly gradient: number;
  /** The losses of the trainer. */
  readonly losses: readonly number[];
}

const seed = 5;

/** What a runtime computes, and what the trainer computes from the same parameters and batches. */
export interface Training {
  /** The gradients of the first batch, and the steps. */
  readonly jobs: readonly [gradients: Job, steps: Job];
  /** The loss of the first batch, and its gradients. */
  readonly first: number;
  readonly gradients: Readonly<Record<string, ArrayLike<number>>>;
  /** The loss of each step. */
  readonly losses: readonly number[];
}

export async function trainingOf(model: Model, dtype: "f32" | "f64", steps: number): Promise<Training> {
  const files = await onnxFiles(model, dtype);
  const compilation = compileFor(model, { dtype });
  const module = await imported(await emitText(compilation, dtype, { isFormatted: false }));
  const trainer = module.createTrainer({ seed });
  const { batches } = randomData(modelFacts(model, compilation.built, dtype, "ts"), model, 11);
  const gradientJob = jobOf(files.gradient, trainer.parameters, batches, 1);
  const stepJob = jobOf(files.step, trainer.parameters, batches, steps);
  const first = trainer.gradient(batches[0]);
  const gradients = Object.fromEntries(
    Object.entries(trainer.gradients).map(([name, values]) => [name, Float64Array.from(values)]),
  );
  const losses = Array.from({ length: steps }, (_, i) => trainer.step(batches[i % batches.length]));
  return { jobs: [gradientJob, stepJob], first, gradients, losses };
}

/** @throws Error with the message of the runtime if it cannot run a file */
export async function differencesIn(
  { jobs, first, gradients, losses }: Training,
  run: RunJobs,
): Promise<Differences> {
  const [own, training] = await run(jobs);
  const gradient = Object.entries(gradients).map(([name, expected]) => {
    const actual = own.outputs[`gradient:${name}`].data;
    const largest = Array.from(expected).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return largestDifference(actual, expected) / Math.max(largest, 1e-3);
  });
  const loss = losses.map((value, i) => Math.abs(value - training.losses[i]) / Math.max(1, Math.abs(value)));
  return {
    loss: Math.max(...loss, Math.abs(first - own.losses[0]) / Math.max(1, Math.abs(first))),
    gradient: Math.max(0, ...gradient),
    losses,
  };
}

/** @throws Error with the message of the runtime if it cannot run a file */
export const compareWithTrainer = async (
  model: Model,
  dtype: "f32" | "f64",
  steps: number,
  run: RunJobs = runJobs,
): Promise<Differences> => differencesIn(await trainingOf(model, dtype, steps), run);

export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let most = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    most = Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }
  return most;
}

// The inputs of a file, as its metadata describes them.

const inputFacts = z.record(
  z.string(),
  z.object({ role: z.enum(["batch", "parameter", "state"]), initial: z.array(z.number()).optional() }),
);

const elements: Readonly<Record<number, Feed["element"]>> = {
  [DataType.FLOAT]: "f32",
  [DataType.DOUBLE]: "f64",
  [DataType.INT32]: "i32",
};

/** A job with these parameters and batches. States have their initial values. */
export function jobOf(
  bytes: Uint8Array,
  parameters: Readonly<Record<string, ArrayLike<number>>>,
  batches: readonly Batch[],
  runs: number,
): Job {
  const model = fromBinary(ModelProtoSchema, bytes);
  const facts = factsOf(model);
  const infos = model.graph?.input ?? [];
  const inputs = infos.flatMap((info): [string, Feed][] => {
    const { role, initial } = facts[info.name];
    if (role === "batch") return [];
    const start = info.name === "seed" ? [seed] : initial;
    return [[info.name, feedOf(info, (count) => parameters[info.name] ?? start ?? new Float64Array(count))]];
  });
  const ofBatch = (batch: Batch): Readonly<Record<string, Feed>> =>
    Object.fromEntries(
      infos.flatMap((info) =>
        facts[info.name].role === "batch" ? [[info.name, feedOf(info, () => batch[info.name])]] : [],
      ),
    );
  return { model: bytes, inputs: Object.fromEntries(inputs), batches: batches.map(ofBatch), runs };
}

function factsOf({ metadataProps }: ModelProto) {
  const text = metadataProps.find(({ key }) => key === "tapeless.inputs")?.value ?? "";
  return inputFacts.parse(JSON.parse(text));
}

function feedOf({ name, type }: ValueInfoProto, dataOf: (count: number) => ArrayLike<number>): Feed {
  if (type?.value.case !== "tensorType") throw new Error(`${name} is not a tensor`);
  const { elemType, shape } = type.value.value;
  const sizes = (shape?.dim ?? []).map(({ value }) =>
    value.case === "dimValue" ? Number(value.value) : undefined,
  );
  const known = sizes.reduce<number>((product, size) => product * (size ?? 1), 1);
  const data = Float64Array.from(dataOf(known));
  return { element: elements[elemType], shape: sizes.map((size) => size ?? data.length / known), data };
}
