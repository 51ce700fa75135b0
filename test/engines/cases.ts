// The models that every engine trains: on every target, in f32 and some in f64, on data that is the same in
// every run.
import type { RunnableTarget } from "../../src/compiler/targets.ts";
import { readFileSync } from "node:fs";
import { compile } from "../../src/compiler/compile.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import type { ModelFacts } from "../../src/runtime/model/facts.ts";
import { batchFields } from "../../src/runtime/step/batch.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { specs, type Rows } from "../support/specs.ts";
import { streamOf } from "../support/tensors.ts";
import type { Case } from "./digests.ts";
import type { SharedCase } from "./shared.ts";

type Dtype = "f32" | "f64";

/** A target, and the backends to select on its trainer; undefined for the trainer's own choice. */
interface Target {
  readonly target: RunnableTarget;
  readonly backends: readonly (string | undefined)[];
}

/**
 * Without "relaxed": a fused multiply-add rounds once only where the machine has it, so its bits are not
 * guaranteed.
 */
const targets: readonly Target[] = [
  { target: "ts", backends: [undefined] },
  { target: "wasm", backends: ["ts", "simd"] },
];

const graph = (name: string): ModelSpec =>
  JSON.parse(readFileSync(new URL(`../../graphs/${name}.json`, import.meta.url), "utf8"));

const images: ModelSpec = {
  name: "images",
  inputs: { image: { shape: [7, 7, 2] } },
  targets: { kind: { classes: 4 } },
  network: [
    { type: "conv2d", filters: 5, kernel: 3, padding: "same" },
    { type: "batch-norm" },
    { type: "activation", fn: "silu" },
    {
      type: "residual",
      name: "correction",
      layers: [
        { type: "conv2d", filters: 5, kernel: 3, padding: "same", activation: "gelu" },
        { type: "batch-norm" },
      ],
    },
    { type: "max-pool2d", size: 2 },
    { type: "flatten" },
    { type: "dense", units: 4 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.01, clip: { norm: 1 } },
  training: { epochs: 2, batchSize: 9, seed: 3, average: { decay: 0.9 } },
};

const sequences: ModelSpec = {
  name: "sequences",
  inputs: { steps: { shape: [6, 3] } },
  targets: { next: { shape: [2] } },
  network: [
    { type: "lstm", units: 7, returnSequences: true },
    { type: "gru", units: 5 },
    { type: "dense", units: 2 },
  ],
  loss: "log-cosh",
  metrics: ["mae"],
  optimizer: { type: "rmsprop", centered: true, momentum: 0.5, learningRate: 0.003 },
  training: { epochs: 2, batchSize: 7, seed: 3 },
};

/** `alike` and `formulas` call elementary functions, whose results in `Math` differ between engines. */
const models: readonly (readonly [spec: ModelSpec, dtypes: readonly Dtype[]])[] = [
  [graph("digits"), ["f32", "f64"]],
  [graph("iris"), ["f32"]],
  [images, ["f32", "f64"]],
  [sequences, ["f32"]],
  [graph("names"), ["f32"]],
  [specs.alike, ["f32"]],
  [specs.formulas, ["f64"]],
];

/** An emitted trainer, and the cases that run it. */
export interface EmittedFile {
  /** The name of the file without its extension. */
  readonly file: string;
  readonly code: string;
  readonly cases: readonly Case[];
}

export async function emittedFiles(): Promise<EmittedFile[]> {
  const files: EmittedFile[] = [];
  for (const target of targets)
    for (const [spec, dtypes] of models)
      for (const dtype of dtypes) files.push(await emittedFile(spec, dtype, target));
  return files;
}

/** For each element type one file with WebAssembly modules. */
export const filesOfWasm = (): Promise<EmittedFile[]> =>
  Promise.all(
    (["f32", "f64"] as const).map((dtype) =>
      emittedFile(images, dtype, { target: "wasm", backends: ["simd"] }),
    ),
  );

/** Large enough that threads share kernels, and that each thread needs scratch memory of its own. */
const large: ModelSpec = {
  name: "large",
  inputs: { x: { shape: [256] } },
  targets: { kind: { classes: 10 } },
  network: [
    { type: "dense", units: 256, activation: "relu" },
    { type: "dense", units: 10 },
  ],
  loss: "cross-entropy",
  optimizer: "adam",
  training: { epochs: 1, batchSize: 128 },
};

/** A trainer whose kernels threads share. */
export async function sharedFile(): Promise<EmittedFile & { readonly cases: readonly SharedCase[] }> {
  const emitted = await emittedFile(large, "f32", { target: "wasm", backends: ["simd"] });
  const fact = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(emitted.code)?.[1]);
  const roomBytes = fact("scratchBytes");
  const roomAt = fact("memoryBytes") + roomBytes;
  return { ...emitted, cases: emitted.cases.map((one) => ({ ...one, roomAt, roomBytes })) };
}

async function emittedFile(
  spec: ModelSpec,
  dtype: Dtype,
  { target, backends }: Target,
): Promise<EmittedFile> {
  const { code } = await compile(spec, { dtype, target, program: false });
  const { model } = await loadTrainer(code);
  const { batchSize } = model;
  const file = `${spec.name}-${dtype}-${target}`;
  const batches = [rowsFor(model, batchSize, 1), rowsFor(model, Math.min(3, batchSize), 2)];
  const data = rowsFor(model, 2 * batchSize + 3, 3);
  const cases = backends.map((backend) => ({
    name: backend === undefined ? file : `${file} ${backend}`,
    file,
    backend,
    seed: 5,
    batches,
    data,
  }));
  return { file, code, cases };
}

/** Rows that are valid for the model: indices within their bounds, real numbers around zero. */
function rowsFor(model: ModelFacts, rows: number, seed: number): Rows {
  const random = streamOf(seed);
  const fields = batchFields(model).map(({ name, size, bounds, least = -2 }) => {
    const draw = () =>
      bounds === undefined
        ? Math.max(least, 4 * random.unit() - 2)
        : Math.max(bounds.lowest, 0) + random.below(bounds.highest - Math.max(bounds.lowest, 0) + 1);
    return [name, Array.from({ length: rows * size }, draw)] as const;
  });
  return Object.fromEntries(fields);
}
