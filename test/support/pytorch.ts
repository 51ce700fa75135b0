/**
 * Trains models by their emitted PyTorch files and by their TypeScript trainers, from the same seed with the same
 * batches. Many models run in one Python process, because PyTorch takes seconds to start.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import { emitPytorch } from "../../src/compiler/pytorch-emission.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import type { Model } from "../../src/compiler/spec/types.ts";
import { modelFacts } from "../../src/compiler/trainer/trainer-facts.ts";
import { sizeOf } from "../../src/runtime/model/facts.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { randomData } from "../fuzz/random-batch.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { largestDifference } from "./onnx-training.ts";
import { lacksModules, python } from "./python.ts";

/** The environment for torchrun with PyTorch of Debian, which is built without the libuv that its TCP store needs. */
export const torchrunEnv = {
  ...process.env,
  OMP_NUM_THREADS: "1",
  USE_LIBUV: "0",
  TORCH_DISABLE_SHARE_RDZV_TCP_STORE: "1",
  GLOO_SOCKET_IFNAME: "lo",
};

/** Whether tests skip what needs PyTorch. With CI=true they do not, and fail if it is missing. */
export const lacksTorch = (): boolean => lacksModules("torch", "numpy");

export interface Job {
  readonly model: Model;
  readonly dtype: "f32" | "f64";
  readonly steps: number;
  /** Parameters to start from, instead of those that the seed draws. */
  readonly parameters?: Readonly<Record<string, ArrayLike<number>>>;
  /** Batches to train on, instead of random ones. */
  readonly batches?: readonly Batch[];
}

/** The largest differences between PyTorch and the trainer. */
export interface Differences {
  /** Of initial parameters: the number of units in the last place of f64, or the difference in f32. */
  readonly initial: number;
  /** Of the first loss, relative if it is above 1. */
  readonly loss: number;
  /**
   * Of the first gradients, relative to the largest element of each, or to a hundredth of the largest element of all
   * gradients if that is larger: a bias before batch-norm has the gradient 0, of which only rounding is left.
   */
  readonly gradient: number;
  /** Of all losses. */
  readonly losses: number;
  /** Of the parameters after the last step, relative to the largest element of each. */
  readonly final: number;
  /**
   * The largest difference of all losses and of the last parameters between two TypeScript trainers, if the initial
   * parameters of one differ in the last bit. Some models amplify such differences within a few hundred steps.
   */
  readonly ofLastBits: number;
  /** Of loss and metrics after the last step, relative for values above 1. */
  readonly evaluated: number;
}

/** A spec without what only the program needs, which the target may not support yet. */
export function withoutData({ data: _, ...model }: Model): Model {
  const { validation: __, test: ___, ...training } = model.training;
  return { ...model, training };
}

const classifier = {
  targets: { y: { classes: 3 } },
  loss: { type: "cross-entropy", smoothing: 0.1 },
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 1, batchSize: 4, seed: 1 },
} as const;

/** Models whose layers are modules or functions of PyTorch. */
export const moduleSpecs: readonly ModelSpec[] = [
  {
    ...classifier,
    name: "sequences",
    inputs: { x: { shape: [7, 4] } },
    network: [
      { type: "gru", units: 6, returnSequences: true },
      { type: "rnn", units: 5, returnSequences: true, reverse: true, activation: "relu" },
      { type: "layer-norm" },
      { type: "rms-norm", epsilon: 0.01 },
      { type: "max-pool1d", size: 2, stride: 1 },
      { type: "lstm", units: 4, reverse: true },
      { type: "dense", units: 3 },
    ],
  },
  {
    ...classifier,
    name: "images",
    inputs: { x: { shape: [8, 7, 2] } },
    network: [
      { type: "conv2d", filters: 3, kernel: 3 },
      { type: "max-pool2d", size: 3, stride: [2, 1], padding: 1 },
      { type: "avg-pool2d", size: [2, 1] },
      { type: "flatten" },
      { type: "dense", units: 3 },
    ],
  },
  {
    ...classifier,
    name: "attentions",
    inputs: { x: { shape: [5, 8] } },
    network: [
      { type: "attention", heads: 2, causal: true },
      { type: "attention", heads: 4 },
      { type: "flatten" },
      { type: "dense", units: 3 },
    ],
  },
  {
    ...classifier,
    name: "masked-attention",
    inputs: { x: { shape: [5], dtype: "i32", padding: 0 } },
    network: [
      { type: "embedding", vocabulary: 6, units: 8 },
      { type: "attention", heads: 2, causal: true },
      { type: "attention", heads: 2 },
      { type: "gru", units: 4 },
      { type: "dense", units: 3 },
    ],
  },
];

const numbers = z.record(z.string(), z.base64());
const result = z.union([
  z.object({
    initial: numbers,
    loss: z.number(),
    gradients: numbers,
    losses: z.array(z.number()),
    evaluated: z.record(z.string(), z.number()),
    final: numbers,
  }),
  z.object({ error: z.string() }),
]);

const encoded = (data: ArrayLike<number>): string =>
  Buffer.from(Float64Array.from(data).buffer).toString("base64");

const decoded = (text: string): Float64Array => {
  const bytes = Buffer.from(text, "base64");
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8));
};

const seed = 5;

function batchJson({ inputs, targets }: Model, batch: Batch) {
  const fields = [
    ...Object.entries(inputs).map(([name, { shape, dtype }]) => ({ name, shape, isWhole: dtype === "i32" })),
    ...Object.entries(targets).map(([name, { shape, classes }]) => ({
      name,
      shape,
      isWhole: classes !== undefined,
    })),
  ];
  return Object.fromEntries(
    fields.map(({ name, shape, isWhole }) => {
      const rows = batch[name].length / sizeOf([...shape]);
      return [name, { shape: [rows, ...shape], isWhole, data: encoded(batch[name]) }];
    }),
  );
}

/** The differences of each job, or the error of Python. */
export async function comparePytorch(jobs: readonly Job[]): Promise<readonly (Differences | string)[]> {
  const given = jobs.map((job) => {
    const { built } = compileFor(job.model, { target: "pytorch", dtype: job.dtype });
    const facts = modelFacts(job.model, built, job.dtype, "ts");
    const batches = job.batches ?? randomData(facts, job.model, 11).batches;
    return { ...job, batches };
  });
  const input = given.map(({ model, dtype, steps, parameters, batches }) => ({
    code: emitPytorch({ model }, dtype).text,
    dtype,
    seed,
    steps,
    parameters:
      parameters === undefined
        ? null
        : Object.fromEntries(
            Object.entries(parameters).map(([name, values]) => [
              name,
              { shape: [values.length], data: encoded(values) },
            ]),
          ),
    groups: batches.map((batch) => [batchJson(model, batch)]),
  }));
  const script = fileURLToPath(new URL("pytorch_trainer.py", import.meta.url));
  // Not synchronous, because vitest gives up a process that does not answer for a minute.
  const running = promisify(execFile)(python, [script], { maxBuffer: 2 ** 30 });
  running.child.stdin?.end(JSON.stringify(input));
  const results = z.array(result).parse(JSON.parse((await running).stdout));
  const differences: (Differences | string)[] = [];
  for (const [i, found] of results.entries())
    differences.push("error" in found ? found.error : await differencesOf(given[i], found));
  return differences;
}

const relative = (actual: number, expected: number): number =>
  Math.abs(actual - expected) / Math.max(1, Math.abs(expected));

type Tensors = Readonly<Record<string, ArrayLike<number>>>;

const decodedAll = (tensors: Readonly<Record<string, string>>): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, text]) => [name, decoded(text)]));

const sizeOfLargest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** The largest difference of tensors, each relative to its largest element or to `floor`. */
function largest(actual: Tensors, expected: Tensors, floor: number): number {
  const each = Object.entries(expected).map(([name, values]) => {
    // A parameter on which the loss does not depend has no gradient in PyTorch.
    const own = actual[name] ?? new Float64Array(values.length);
    return largestDifference(own, values) / Math.max(sizeOfLargest(values), floor);
  });
  return Math.max(0, ...each);
}

/** The losses of these steps. */
const lossesOf = (trainer: Trainer, steps: number, batches: readonly Batch[]): number[] =>
  Array.from({ length: steps }, (_, i) => trainer.step(batches[i % batches.length]));

const ofLosses = (actual: readonly number[], expected: readonly number[]): number =>
  Math.max(0, ...expected.map((value, i) => relative(actual[i], value)));

/** Elements of parameters that are smaller are compared as if they had this size. */
const smallest = 1e-2;

async function differencesOf(
  { model, dtype, steps, parameters, batches }: Job & { readonly batches: readonly Batch[] },
  found: Exclude<z.infer<typeof result>, { error: string }>,
): Promise<Differences> {
  const { createTrainer } = await loadTrainer(
    await emitText(compileFor(model, { dtype }), dtype, { isFormatted: false, isProgram: false }),
  );
  const started = (): Trainer => {
    const trainer = createTrainer({ seed });
    for (const [name, values] of Object.entries(parameters ?? {})) trainer.parameters[name].set(values);
    return trainer;
  };
  const initial = largest(decodedAll(found.initial), createTrainer({ seed }).parameters, Number.MIN_VALUE);
  const [trainer, changed] = [started(), started()];
  const loss = relative(found.loss, trainer.gradient(batches[0]));
  const ofAll = Math.max(0, ...Object.values(trainer.gradients).map(sizeOfLargest));
  const gradient = largest(decodedAll(found.gradients), trainer.gradients, 1e-2 * ofAll || 1);
  const losses = lossesOf(trainer, steps, batches);
  for (const values of Object.values(changed.parameters))
    values.forEach((value, i) => (values[i] = value * (1 + Number.EPSILON)));
  const changedLosses = lossesOf(changed, steps, batches);
  const evaluated = Object.entries(trainer.evaluate(batches[0]));
  return {
    initial,
    loss,
    gradient,
    losses: ofLosses(found.losses, losses),
    final: largest(decodedAll(found.final), trainer.parameters, smallest),
    ofLastBits: Math.max(
      ofLosses(changedLosses, losses),
      largest(changed.parameters, trainer.parameters, smallest),
    ),
    evaluated: Math.max(0, ...evaluated.map(([name, value]) => relative(found.evaluated[name], value))),
  };
}
