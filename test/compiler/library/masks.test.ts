// Masks, compared with PyTorch, which computes each row at its actual length without padding: predictions,
// losses, gradients and running statistics in f64, on both targets. If a test fails, padding affects a
// result.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { ModelSpec } from "../../../src/index.ts";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { buildGraphs } from "../../../src/compiler/spec/build.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import type { Batch } from "../../../src/runtime/step/batch.ts";
import { streamOf } from "../../support/tensors.ts";
import { lacksModules, python } from "../../support/python.ts";

type Layers = ModelSpec["network"];

const length = 7;
const features = 3;
/** The lengths of the rows: a full one, an empty one, and others. */
const lengths = [4, 7, 0, 2, 5];
const rows = lengths.length;

interface Case {
  readonly title: string;
  readonly network: Layers;
  readonly target: ModelSpec["targets"][string];
  readonly loss?: ModelSpec["loss"];
  /** Weights of rows. */
  readonly isWeighed?: boolean;
}

const sequence = (...network: Layers): Layers => [
  { type: "dense", units: 4, activation: "tanh" },
  ...network,
];
const dense = (units: number) => ({ type: "dense" as const, units });
const vector = { shape: [2] };
const wide = (units: number) => ({ shape: [length, units] });

const recurrences = (["rnn", "lstm", "gru"] as const).flatMap((type): Case[] => [
  { title: type, network: sequence({ type, units: 3 }, dense(2)), target: vector },
  {
    title: `${type}, reversed`,
    network: sequence({ type, units: 3, reverse: true }, dense(2)),
    target: vector,
  },
  {
    title: `${type} in both directions, twice`,
    network: sequence(
      { type: "bidirectional", layer: { type, units: 3, returnSequences: true } },
      { type: "bidirectional", layer: { type, units: 2 } },
      dense(2),
    ),
    target: vector,
  },
  {
    title: `${type} at every position`,
    network: sequence({ type, units: 3, returnSequences: true }, dense(2)),
    target: wide(2),
  },
]);

const pools: Case[] = [
  { title: "mean over time", network: sequence({ type: "global-avg-pool1d" }, dense(2)), target: vector },
  { title: "maximum over time", network: sequence({ type: "global-max-pool1d" }, dense(2)), target: vector },
  ...(["valid", "same", 1] as const).flatMap((padding) =>
    (["max-pool1d", "avg-pool1d"] as const).map((type) => ({
      title: `${type}, padding ${padding}`,
      network: sequence({ type, size: 3, stride: 2, padding }, { type: "gru", units: 2 }),
      target: vector,
    })),
  ),
  // One window of 7 covers the whole array, so that "same" adds no padding to it; the sequences are shorter.
  ...[
    { size: 3, stride: 1 },
    { size: length, stride: length },
  ].map((window) => ({
    title: `means of windows of ${window.size} without the zeros of the padding`,
    network: sequence(
      { type: "avg-pool1d", ...window, padding: "same", countPadding: false },
      { type: "global-max-pool1d" },
      dense(2),
    ),
    target: vector,
  })),
];

const convolutions = (["valid", "same", "causal", 2] as const).flatMap((padding): Case[] =>
  [1, 2].map((stride) => ({
    title: `a convolution, padding ${padding}, stride ${stride}`,
    network: sequence(
      { type: "conv1d", filters: 3, kernel: 3, padding, stride, activation: "tanh" },
      { type: "global-avg-pool1d" },
      dense(2),
    ),
    target: vector,
  })),
);

const attentions: Case[] = [
  ...[false, true].map((causal) => ({
    title: `attention, causal: ${causal}`,
    network: sequence({ type: "attention", heads: 2, causal }, { type: "global-avg-pool1d" }, dense(2)),
    target: vector,
  })),
  {
    title: "a transformer",
    network: sequence(
      { type: "position-embedding", name: "places" },
      {
        type: "residual",
        layers: [{ type: "layer-norm" }, { type: "attention", heads: 2 }],
      },
      { type: "residual", layers: [{ type: "rms-norm" }, { type: "dense", units: 4, activation: "gelu" }] },
      { type: "global-max-pool1d" },
      dense(2),
    ),
    target: vector,
  },
  {
    title: "cross-attention to a sequence with padding",
    network: [
      { type: "dense", name: "memory", units: 3, from: "x" },
      { type: "dense", name: "queries", units: 4, from: "other" },
      { type: "cross-attention", heads: 2, from: ["queries", "memory"] },
      { type: "flatten" },
      dense(2),
    ],
    target: vector,
  },
  {
    title: "cross-attention of a sequence with padding",
    network: [
      { type: "dense", name: "queries", units: 4, from: "x" },
      { type: "dense", name: "memory", units: 3, from: "other" },
      { type: "cross-attention", heads: 2, from: ["queries", "memory"] },
      { type: "global-avg-pool1d" },
      dense(2),
    ],
    target: vector,
  },
  {
    title: "attention as weights over time",
    network: [
      { type: "dense", name: "values", units: 2, from: "x" },
      { type: "dense", name: "scores", units: 1, from: "x" },
      { type: "reshape", shape: [length] },
      { type: "activation", fn: "softmax" },
      { type: "reshape", name: "weights", shape: [length, 1] },
      { type: "multiply", from: ["values", "weights"] },
      { type: "global-avg-pool1d" },
    ],
    target: vector,
  },
];

const norms: Case[] = (["batch-norm", "group-norm", "instance-norm", "layer-norm", "rms-norm"] as const).map(
  (type) => ({
    title: type,
    network: sequence(
      type === "group-norm" ? { type, groups: 2 } : { type },
      { type: "gru", units: 3 },
      dense(2),
    ),
    target: vector,
  }),
);

const joins: Case[] = [
  {
    title: "a concatenation along time",
    network: [
      { type: "dense", name: "a", units: 2, from: "x" },
      { type: "dense", name: "b", units: 2, from: "other" },
      { type: "concat", axis: 0, from: ["a", "b"] },
      { type: "bidirectional", layer: { type: "gru", units: 2 } },
      dense(2),
    ],
    target: vector,
  },
];

const losses: Case[] = [
  ...(["mse", "mae", "rmse", "huber", "log-cosh"] as const).map((loss) => ({
    title: `${loss} at every position`,
    network: sequence(dense(2)),
    target: wide(2),
    loss,
  })),
  {
    title: "classes at every position",
    network: sequence(dense(3)),
    target: { classes: 3, shape: [length] },
    loss: { type: "cross-entropy", smoothing: 0.1 },
  },
  {
    title: "one score at every position",
    network: sequence(dense(1)),
    target: { shape: [length] },
    loss: "hinge",
  },
  { title: "weights of rows", network: sequence(dense(2)), target: wide(2), loss: "mse", isWeighed: true },
  {
    title: "weights of rows and classes",
    network: sequence(dense(3)),
    target: { classes: 3, shape: [length] },
    loss: "cross-entropy",
    isWeighed: true,
  },
];

const cases = [...recurrences, ...pools, ...convolutions, ...attentions, ...norms, ...joins, ...losses];

function specOf({ network, target, loss = "mse", isWeighed = false }: Case): ModelSpec {
  const reads = (name: string): boolean => JSON.stringify(network).includes(`"${name}"`);
  const [first, ...others] = network;
  const named = reads("x") || typeof first !== "object" ? first : { ...first, from: "x" };
  return {
    name: "masked",
    inputs: {
      x: { shape: [length, features], lengths: "count" },
      count: { shape: [], dtype: "i32" },
      ...(reads("other") && { other: { shape: [4, features] } }),
      ...(isWeighed && { weight: { shape: [] } }),
    },
    targets: { y: target },
    network: [named, ...others],
    loss,
    optimizer: { type: "sgd", learningRate: 0.1 },
    training: { epochs: 1, batchSize: rows, ...(isWeighed && { sampleWeights: "weight" }) },
  };
}

/** A batch with random numbers on the padding, too. */
function batchOf({ inputs, targets }: ModelSpec): Batch {
  const random = streamOf(5);
  const drawn = (shape: readonly number[], draw: () => number) =>
    Array.from({ length: shape.reduce((all, size) => all * size, rows) }, draw);
  const fields = Object.entries(inputs).map(([name, { shape }]) => [
    name,
    name === "count"
      ? lengths
      : drawn(shape, () => (name === "weight" ? random.unit() : 3 * random.unit() - 1.5)),
  ]);
  const { shape = [], classes } = targets.y;
  const y = drawn(shape, () => (classes === undefined ? random.unit() : Math.floor(random.unit() * classes)));
  return Object.fromEntries([...fields, ["y", y]]);
}

async function trainerOf(spec: ModelSpec, target: "ts" | "wasm") {
  const code = await emitText(compileFor(parseModel(spec), { dtype: "f64", target }), "f64", {
    isFormatted: false,
  });
  const trainer = (await loadTrainer(code)).createTrainer({ seed: 1 });
  const random = streamOf(9);
  for (const values of Object.values(trainer.parameters))
    values.forEach((value, i) => (values[i] = value + 0.4 * random.unit()));
  return trainer;
}

const answers = z.object({
  results: z.record(z.string(), z.array(z.number().nullable())),
  statistics: z.record(z.string(), z.array(z.number())),
  rows: z
    .object({ values: z.array(z.array(z.unknown())), positions: z.array(z.array(z.number())) })
    .optional(),
});
type Answers = z.infer<typeof answers>;

interface Tried {
  readonly one: Case;
  readonly spec: ModelSpec;
  readonly trainer: Awaited<ReturnType<typeof trainerOf>>;
  readonly answers: Answers;
}

/** The trainer of every case in TypeScript, with PyTorch's results for its parameters. */
async function tryAll(): Promise<Tried[]> {
  const compiled = [];
  for (const one of cases) {
    const spec = specOf(one);
    compiled.push({ one, spec, trainer: await trainerOf(spec, "ts") });
  }
  const requests = compiled.map(({ spec, trainer }) => {
    const model = parseModel(spec);
    const { parameters } = buildGraphs(model, "f64");
    const given = parameters.map(({ name, shape, trainable }) => [
      name,
      { shape, trainable, values: [...trainer.parameters[name]] },
    ]);
    return JSON.stringify({ model, parameters: Object.fromEntries(given), batches: [batchOf(spec)] });
  });
  const script = fileURLToPath(new URL("../../fuzz/torch_oracle.py", import.meta.url));
  const { stdout } = spawnSync(python, [script], {
    input: requests.join("\n"),
    encoding: "utf8",
  });
  const lines = stdout.trim().split("\n");
  return compiled.map((each, i) => {
    const read = answers.safeParse(JSON.parse(lines[i]));
    if (!read.success) throw new Error(`${each.one.title}: ${lines[i].slice(0, 300)}`);
    return { ...each, answers: read.data };
  });
}

/** The largest difference, relative to the numbers if they are above 1. */
const distance = (found: ArrayLike<number>, expected: readonly (number | null)[]): number =>
  expected.length === found.length
    ? expected.reduce<number>(
        (worst, value, i) =>
          Math.max(worst, Math.abs(found[i] - (value ?? NaN)) / Math.max(1, Math.abs(value ?? 0))),
        0,
      )
    : Infinity;

const tolerance = 1e-10;

function expectAgreement(
  { spec, answers: { results, statistics, rows: real } }: Tried,
  trainer: Tried["trainer"],
): void {
  const batch = batchOf(spec);
  const { y: _, ...inputs } = batch;
  const predicted = trainer.predict(inputs);
  if (real === undefined) expect(distance(predicted, results.predictions)).toBeLessThan(tolerance);
  else {
    const size = predicted.length / rows;
    const width = size / length;
    const found = real.positions.flatMap((positions, row) =>
      positions.flatMap((t) => [...predicted.slice(row * size + t * width, row * size + (t + 1) * width)]),
    );
    expect(distance(found, z.array(z.number()).parse(real.values.flat(3)))).toBeLessThan(tolerance);
  }
  const loss = results["loss, batch 0"];
  expect(distance([trainer.gradient(batch)], loss), "loss").toBeLessThan(tolerance);
  for (const [name, gradient] of Object.entries(trainer.gradients))
    expect(distance(gradient, results[`gradient of ${name}, batch 0`]), name).toBeLessThan(tolerance);
  if (Object.keys(statistics).length === 0)
    expect(distance([trainer.evaluate(batch).loss], loss), "loss in evaluation").toBeLessThan(tolerance);
  trainer.step(batch);
  for (const [name, values] of Object.entries(statistics))
    expect(distance(trainer.parameters[name], values), name).toBeLessThan(tolerance);
}

describe.skipIf(lacksModules("torch"))("layers and losses of padded sequences (needs PyTorch)", () => {
  let tried: readonly Tried[] = [];
  beforeAll(async () => {
    tried = await tryAll();
  }, 600_000);
  it.each(cases.map(({ title }, i) => [title, i] as const))("%s", async (_, i) => {
    expectAgreement(tried[i], tried[i].trainer);
    expectAgreement(tried[i], await trainerOf(tried[i].spec, "wasm"));
  });
});
