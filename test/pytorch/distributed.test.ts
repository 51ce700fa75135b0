// Emitted PyTorch files in several processes. If a test fails, two or four processes do not compute what one computes,
// or the test no longer detects a program that gets this wrong.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { GraphBuilder } from "../../src/compiler/ir/builder.ts";
import type { Node } from "../../src/compiler/ir/nodes.ts";
import { emitPytorch } from "../../src/compiler/pytorch-emission.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { lacksTorch, torchrunEnv as env } from "../support/pytorch.ts";
import { streamOf } from "../support/tensors.ts";
import { python } from "../support/python.ts";

const support = (file: string): string => fileURLToPath(new URL(`../support/${file}`, import.meta.url));

/** Runs a program without blocking this process, which must answer vitest. */
const run = (command: string, args: readonly string[], input = "") =>
  new Promise<{ status: number | string | null | undefined; stdout: string; stderr: string }>((resolve) => {
    const options = { env, maxBuffer: 2 ** 28, timeout: 280_000 };
    const child = execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, stdout, stderr }),
    );
    child.stdin?.end(input);
  });

/** A training run, and whether plain data-parallel training has another result. */
interface Row {
  readonly spec: Partial<ModelSpec>;
  readonly plain: "differs" | "agrees";
  /** Whether to train again with the states of the optimizer divided among the processes. */
  readonly divides?: boolean;
  /** Batches have 8 rows. By default, there are two of them. */
  readonly rows?: number;
}

const classifier = {
  inputs: { x: { shape: [3] }, weight: { shape: [] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", from: "x", units: 5, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "sgd", learningRate: 0.1, momentum: 0.9 },
} satisfies Partial<ModelSpec>;

const regression = { targets: { t: { shape: [3] } }, metrics: ["mae"] } satisfies Partial<ModelSpec>;
const training = { epochs: 1, batchSize: 8, seed: 3 };
const after = (layer: NonNullable<ModelSpec["network"]>[number]): Partial<ModelSpec> => ({
  network: [classifier.network[0], layer, classifier.network[1]],
});

/** The matrix product. */
const product = (g: GraphBuilder, x: Node, y: Node): Node =>
  g.contract(x, y, { batchX: [], batchY: [], sumX: [1], sumY: [0] });

const matrix: Readonly<Record<string, Row>> = {
  "equal shares of rows": { spec: {}, plain: "agrees" },
  "masked targets": { spec: { targets: { masked: { classes: 3 } } }, plain: "differs" },
  "class weights": { spec: { training: { ...training, classWeights: [1, 2, 5] } }, plain: "differs" },
  "sample weights": { spec: { training: { ...training, sampleWeights: "weight" } }, plain: "differs" },
  rmse: { spec: { ...regression, loss: "rmse" }, plain: "differs" },
  "a formula loss": {
    spec: {
      ...regression,
      loss: { formula: "sum(weight * (prediction - target)^2) / (1 + sum(weight)) + mean(prediction)^2" },
    },
    plain: "differs",
  },
  "batch-norm": { spec: after({ type: "batch-norm" }), plain: "differs" },
  dropout: { spec: after({ type: "dropout", rate: 0.4 }), plain: "differs" },
  accumulation: { spec: { training: { ...training, accumulate: 2 } }, rows: 32, plain: "agrees" },
  "accumulation of masked targets": {
    spec: { targets: { masked: { classes: 3 } }, training: { ...training, accumulate: 2 } },
    rows: 28,
    plain: "differs",
  },
  "clipping by the global norm": {
    spec: { optimizer: { type: "sgd", learningRate: 0.1, clip: { norm: 0.05 } } },
    plain: "agrees",
    divides: true,
  },
  averaging: { spec: { training: { ...training, average: { decay: 0.9 } } }, plain: "agrees" },
  "an optimizer with sums over all parameters": {
    spec: {
      optimizer: {
        type: "formula",
        learningRate: 0.1,
        state: ["velocity"],
        // Divides the gradient by its norm, and shrinks parameters by the mean of their squares.
        formula: (g, { parameter, gradient, state, rate }) => {
          const sum = (x: Node) => g.reduceSum(g.multiply(x, x), { axes: [0] });
          const scaled = g.divide(
            gradient,
            g.broadcastTo(g.add(g.sqrt(sum(gradient)), 0.1), gradient.type.shape),
          );
          const velocity = g.add(g.multiply(0.9, state.velocity), scaled);
          const kept = g.subtract(1, g.multiply(0.001, sum(parameter)));
          const shrunk = g.multiply(g.broadcastTo(kept, parameter.type.shape), parameter);
          return { parameter: g.subtract(shrunk, g.multiply(rate, velocity)), state: { velocity } };
        },
      },
    },
    plain: "agrees",
    divides: true,
  },
  "an optimizer whose states are vectors and numbers": {
    spec: { optimizer: { type: "nadam", learningRate: 0.01, clip: { norm: 0.05 } } },
    plain: "agrees",
    divides: true,
  },
  "fewer parameters than processes": {
    spec: {
      ...regression,
      loss: "mse",
      network: [
        { type: "dense", name: "one", from: "x", units: 1, bias: false },
        { type: "concat", from: ["one", "one", "one"] },
      ],
      optimizer: { type: "adam", learningRate: 0.01 },
    },
    plain: "agrees",
    divides: true,
  },
  regularization: { spec: { regularization: { l1: 0.001, l2: 0.01 } }, plain: "agrees" },
  "a short last batch": { spec: {}, rows: 21, plain: "differs" },
  "a last batch with fewer rows than processes": { spec: {}, rows: 17, plain: "differs" },
  "convolutions and pooling in a process without rows": {
    spec: {
      network: [
        { type: "dense", from: "x", units: 16, activation: "tanh" },
        { type: "reshape", shape: [4, 4, 1] },
        { type: "conv2d", filters: 2, kernel: 3, padding: "same", activation: "tanh" },
        { type: "batch-norm" },
        { type: "max-pool2d", size: 2 },
        { type: "flatten" },
        { type: "dense", units: 3 },
      ],
    },
    rows: 17,
    plain: "differs",
  },
  "attention and recurrences in a process without rows": {
    spec: {
      network: [
        { type: "dense", from: "x", units: 12, activation: "tanh" },
        { type: "reshape", shape: [3, 4] },
        { type: "attention", heads: 2 },
        { type: "layer-norm" },
        { type: "lstm", units: 3, returnSequences: true },
        { type: "gru", units: 3 },
        { type: "dense", units: 3 },
      ],
    },
    rows: 17,
    plain: "differs",
  },
  "a layer that sums over rows": {
    spec: after({
      type: "custom",
      // Projects on the covariance of all rows, weighs rows by their position, and adds noise that all rows share.
      build: ({ g, random }, x) => {
        const covariance = g.divide(
          g.contract(x, x, { batchX: [], batchY: [], sumX: [0], sumY: [0] }),
          g.batchSize({ element: g.float }),
        );
        const position = g.cast(g.iota({ shape: x.type.shape, axis: 0 }), { element: g.float });
        const noise = g.broadcastTo(random([5]), x.type.shape);
        return g.add(g.multiply(product(g, x, covariance), g.sin(position)), noise);
      },
    }),
    plain: "differs",
  },
  "all of them": {
    spec: {
      targets: { masked: { classes: 3 } },
      network: [
        classifier.network[0],
        { type: "batch-norm" },
        { type: "dropout", rate: 0.3 },
        classifier.network[1],
      ],
      regularization: { l2: 0.01 },
      optimizer: { type: "adamw", learningRate: 0.01, clip: { norm: 0.5 } },
      training: {
        ...training,
        accumulate: 2,
        average: { decay: 0.9 },
        classWeights: [1, 2, 5],
        sampleWeights: "weight",
      },
    },
    rows: 25,
    plain: "differs",
    divides: true,
  },
};

const specOf = ({ spec }: Row): ModelSpec => ({ name: "shared", ...classifier, training, ...spec });

/** The columns of all rows. Some of the masked targets have no class. */
function dataOf({ rows = 16 }: Row): Readonly<Record<string, unknown>> {
  const random = streamOf(7);
  const numbers = () => Array.from({ length: 3 }, () => 2 * random.unit() - 1);
  const each = <T>(value: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => value(row));
  return {
    x: each(numbers),
    weight: each(() => random.unit()),
    y: each(() => random.below(3)),
    masked: each((row) => (row % 4 < 2 ? -1 : random.below(3))),
    t: each(numbers),
  };
}

const trained = z.object({
  parameters: z.array(z.number()),
  losses: z.array(z.number()),
  evaluated: z.record(z.string(), z.number()),
  isEqual: z.boolean(),
});
/** The results by number of processes. */
const results = z.record(
  z.string(),
  z.object({
    exact: z.array(trained),
    plain: z.array(z.array(z.number())),
    divided: z.array(trained.nullable()),
  }),
);
const names = Object.keys(matrix);

/** Trains every row of the matrix for 50 steps by 1, 2 and 4 processes. */
async function trainMatrix(): Promise<z.infer<typeof results>> {
  const jobs = Object.values(matrix).map((row) => {
    const model = parseModel(specOf(row));
    const fields = [...Object.keys(model.inputs), ...Object.keys(model.targets)];
    const columns = dataOf(row);
    return {
      code: emitPytorch({ model }, "f64").text,
      steps: 50,
      data: Object.fromEntries(fields.map((name) => [name, columns[name]])),
      whole: ["y", "masked"],
      divides: row.divides === true,
    };
  });
  const { status, stdout, stderr } = await run(
    python,
    [support("pytorch_processes.py")],
    JSON.stringify(jobs),
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return results.parse(JSON.parse(stdout));
}

/** The largest difference, or infinity if the runs have different lengths. */
const difference = (actual: readonly number[], expected: readonly number[]): number =>
  actual.length === expected.length
    ? Math.max(...expected.map((value, i) => Math.abs(actual[i] - value)))
    : Infinity;

describe.skipIf(lacksTorch())("several processes", () => {
  let found: z.infer<typeof results> = {};
  beforeAll(async () => {
    found = await trainMatrix();
  }, 300_000);
  it.each(names)("compute what one process computes, with %s", (name) => {
    const row = names.indexOf(name);
    const alone = found["1"].exact[row];
    for (const count of ["2", "4"]) {
      const { parameters, losses, evaluated, isEqual } = found[count].exact[row];
      expect(difference(parameters, alone.parameters)).toBeLessThanOrEqual(1e-10);
      expect(difference(losses, alone.losses)).toBeLessThanOrEqual(1e-10);
      expect(difference(Object.values(evaluated), Object.values(alone.evaluated))).toBeLessThanOrEqual(1e-10);
      expect(isEqual).toBe(true);
    }
  });

  it.each(names.filter((name) => matrix[name].divides))(
    "compute the same with divided states, from checkpoints of other numbers of processes, with %s",
    (name) => {
      const row = names.indexOf(name);
      const alone = found["1"].exact[row];
      for (const count of ["1", "4", "2"]) {
        const { parameters, evaluated, isEqual } = found[count].divided[row] ?? {};
        expect(difference(parameters ?? [], alone.parameters)).toBeLessThanOrEqual(1e-10);
        expect(
          difference(Object.values(evaluated ?? {}), Object.values(alone.evaluated)),
        ).toBeLessThanOrEqual(1e-10);
        expect(isEqual).toBe(true);
      }
    },
  );

  it.each(names)("would fail this test with plain data-parallel training if they should, with %s", (name) => {
    const row = names.indexOf(name);
    const far = difference(found["2"].plain[row], found["1"].exact[row].parameters);
    expect(far <= 1e-10 ? "agrees" : far > 1e-6 ? "differs" : far).toBe(matrix[name].plain);
  });
});

const folder = mkdtempSync(join(tmpdir(), "pytorch-processes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** The program of a model with its data, and the arguments that name them. */
function program(name: string, spec: Partial<ModelSpec>): readonly string[] {
  const model = parseModel({
    name,
    ...classifier,
    targets: { masked: { classes: 3 } },
    training,
    ...spec,
    data: {
      file: "data.csv",
      inputs: { x: { columns: ["a", "b", "c"], scale: "standard" }, weight: { columns: ["weight"] } },
      targets: { masked: { columns: ["masked"] } },
    },
  } as ModelSpec);
  const random = streamOf(3);
  const row = (_: unknown, i: number) =>
    [random.unit(), random.unit(), random.unit(), random.unit(), i % 5 === 0 ? -1 : random.below(3)].join();
  const lines = ["a,b,c,weight,masked", ...Array.from({ length: 60 }, row)];
  return [
    written(`${name}.py`, emitPytorch({ model }, "f64").text),
    "--data",
    written("data.csv", lines.join("\n")),
    "--json",
  ];
}

/** All numbers in a text, in order. */
const numbersOf = (text: string): readonly number[] =>
  [...text.matchAll(/-?\d+(\.\d+)?(e[+-]?\d+)?/g)].map(([number]) => Number(number));

describe.skipIf(lacksTorch())("the program", () => {
  it("prints with torchrun what it prints alone, once", async () => {
    const args = program("everything", {
      ...matrix["all of them"].spec,
      training: {
        ...training,
        epochs: 12,
        accumulate: 2,
        average: { decay: 0.9 },
        classWeights: "balanced",
        sampleWeights: "weight",
        test: { fraction: 0.2 },
        validation: { fraction: 0.2 },
        earlyStopping: { patience: 3 },
      },
    });
    const alone = await run(python, args);
    const store = ["--rdzv-conf=store_type=file", `--rdzv-endpoint=${join(folder, "store")}`];
    const shared = await run("torchrun", ["--nproc-per-node=2", "--rdzv-backend=c10d", ...store, ...args]);
    expect({ alone: alone.status, shared: shared.status, stderr: shared.stderr }).toEqual({
      alone: 0,
      shared: 0,
      stderr: alone.stderr,
    });
    expect(Object.keys(JSON.parse(shared.stdout))).toEqual(Object.keys(JSON.parse(alone.stdout)));
    expect(difference(numbersOf(shared.stdout), numbersOf(alone.stdout))).toBeLessThanOrEqual(1e-10);
  });

  it("reports why several processes cannot train a model, or cannot meet, without a stack trace", async () => {
    const maximum = program(
      "maximum",
      after({
        type: "custom",
        build: ({ g }, x) => g.subtract(x, g.broadcastTo(g.reduceMax(x, { axes: [0] }), x.type.shape)),
      }),
    );
    const pairs = program(
      "pairs",
      after({
        type: "custom",
        build: ({ g }, x) => {
          const products = g.contract(x, x, { batchX: [], batchY: [], sumX: [1], sumY: [1] });
          return product(g, products, x);
        },
      }),
    );
    const plain = program("plain", { training: { ...training, epochs: 1 } });
    const several = { WORLD_SIZE: "2", RANK: "0", LOCAL_RANK: "0", MASTER_ADDR: "" };
    const runs = [
      { words: maximum, env: several },
      { words: pairs, env: several },
      { words: plain, env: several },
      { words: [...plain, "--device", "cuda"], env: { CUDA_VISIBLE_DEVICES: "" } },
    ].map(({ words: [file, ...args], env: own }) => ({ file, args, env: own }));
    const { stdout } = await run(python, [support("pytorch_programs.py")], JSON.stringify(runs));
    const found = z
      .array(z.object({ status: z.number(), stdout: z.string(), stderr: z.string() }))
      .parse(JSON.parse(stdout));
    expect(found.map(({ status, stderr }) => [status, stderr])).toEqual([
      [
        2,
        "error: several processes cannot train this model: the layer custom1 computes reduceMax over the rows of the batch\n",
      ],
      [
        2,
        "error: several processes cannot train this model: the layer custom1 combines each row with each other row of the batch\n",
      ],
      [2, expect.stringMatching(/^error: cannot join the other processes: .*MASTER_ADDR.*\n$/)],
      [
        2,
        expect.stringMatching(
          /^error: --device cuda: process 0 of this machine has no GPU, because there are 0\n$/,
        ),
      ],
    ]);
  });
});
