// The emitted PyTorch file as a program: it reads the data, splits it, trains, stops early and evaluates as the emitted
// trainer does. If a test fails, `python NAME.py --data FILE` reports other results than `tapeless train`.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { lacksTorch } from "../support/pytorch.ts";
import { expectAllSame, results, runPrograms } from "../support/pytorch-programs.ts";
import type { Comparison, Run } from "../support/pytorch-programs.ts";
import { python } from "../support/python.ts";

const folder = mkdtempSync(join(tmpdir(), "pytorch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const onGraph = (file: string, data: string, epochs: number): Comparison => ({
  spec: join("graphs", file),
  dtype: "f64",
  data: join("graphs/data", data),
  epochs,
});

const rows = Array.from({ length: 60 }, (_, i) => {
  const x = Math.sin(i * 1.7);
  const colour = ["red", "green", "b\u00fcue, dark"][i % 3];
  const label = i % 5 === 0 ? "rare" : "common";
  return `${i % 7 === 3 ? "NA" : x.toFixed(4)},${(x * i).toFixed(3)},"${colour}",${1 + (i % 4)},${label}`;
});
const header = "x,z,colour,weight,label";

const tableSpec: ModelSpec = {
  name: "table",
  inputs: { numbers: { shape: [2] }, colour: { shape: [3] }, weight: { shape: [] } },
  targets: { label: { classes: 2 } },
  network: [
    { type: "concat", from: ["numbers", "colour"] },
    { type: "dense", units: 6, activation: "tanh", init: { type: "orthogonal" } },
    { type: "batch-norm" },
    { type: "dropout", rate: 0.2 },
    { type: "dense", units: 2, init: { type: "he-normal" } },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  regularization: { l2: 0.01 },
  optimizer: {
    type: "adamw",
    learningRate: { type: "cosine", initial: 0.02, steps: 12, warmup: { steps: 3 } },
    clip: { norm: 1 },
  },
  training: {
    epochs: 4,
    batchSize: 4,
    accumulate: 3,
    seed: 11,
    average: { decay: 0.9 },
    classWeights: "balanced",
    sampleWeights: "weight",
    test: { fraction: 0.2 },
    validation: { fraction: 0.2 },
    earlyStopping: { patience: 2, metric: "accuracy", minDelta: 0.01 },
  },
  data: {
    file: "table.csv",
    inputs: {
      numbers: { columns: ["x", "z"], scale: "standard", missing: "mean" },
      colour: { columns: ["colour"], categories: "one-hot" },
      weight: { columns: ["weight"] },
    },
    targets: { label: { columns: ["label"] } },
  },
};

function tableFile(lines: readonly string[], name = "table.csv"): string {
  const file = join(folder, name);
  writeFileSync(file, lines.join("\n"));
  return file;
}

/** Texts of three letters, so that every character is in the training rows. */
const words = Array.from({ length: 40 }, (_, i) => ["ab", "abc", "cab", "bcca", "a"][(i * i) % 5]);

const textSpec: ModelSpec = {
  name: "words",
  inputs: { text: { shape: [6], dtype: "i32" } },
  targets: { next: { classes: 4, shape: [6] } },
  network: [
    { type: "embedding", vocabulary: 4, units: 3 },
    { type: "gru", units: 4, returnSequences: true },
    { type: "dropout", rate: 0.1 },
    { type: "dense", units: 4 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.05 },
  training: { epochs: 3, batchSize: 8, seed: 4, test: { fraction: 0.2 } },
  data: {
    file: "words.csv",
    inputs: { text: { columns: ["word"], characters: { length: 6 } } },
    targets: { next: { nextOf: "text" } },
  },
};

describe.skipIf(lacksTorch())("the program trains like the emitted trainer", () => {
  it("on the data of the examples, with the same lines of progress", async () => {
    await expectAllSame(
      folder,
      [
        onGraph("iris.json", "iris.csv", 6),
        onGraph("diabetes.json", "diabetes.csv", 2),
        onGraph("wine.yaml", "wine.csv", 4),
        onGraph("wine-targets.yaml", "wine.csv", 2),
        onGraph("two-moons.yaml", "two-moons.csv", 2),
        onGraph("perceptron.json", "iris-two.csv", 3),
        { spec: textSpec, dtype: "f64", data: tableFile(["word", ...words], "words.csv"), epochs: 3 },
      ],
      9,
    );
  });
});

const onTable = (spec: ModelSpec, dtype: "f32" | "f64", epochs = 4): Comparison => ({
  spec,
  dtype,
  data: tableFile([header, ...rows]),
  epochs,
});

const droppingSpec: ModelSpec = {
  ...tableSpec,
  data: {
    file: "table.csv",
    inputs: {
      numbers: { columns: ["x", "z"], scale: "min-max", missing: "drop" },
      colour: { columns: ["colour"], categories: "one-hot" },
      weight: { columns: ["weight"] },
    },
    targets: { label: { columns: ["label"] } },
  },
};

const wrongFiles: readonly (readonly [what: string, lines: readonly string[], message: RegExp])[] = [
  ["an unknown class", [header, ...rows, "1,2,red,1,other"], /the target has 2 classes, but 3 names/],
  [
    "a word among numbers",
    [header, ...rows.slice(0, 9), "many,2,red,1,rare"],
    /:11: column "x": "many" is not a/,
  ],
  [
    "a negative weight",
    [header, ...rows.slice(0, 9), "1,2,red,-1,rare"],
    /:11: column "weight": -1 is not a weight/,
  ],
  ["an empty cell", [header, ...rows.slice(0, 9), "1,2,,1,rare"], /:11: column "colour": the cell is empty/],
  ["a short row", [header, ...rows.slice(0, 9), "1,2"], /:11: the row has 2 cells for 5 columns/],
  ["a repeated name", ["x,x,colour,weight,label", ...rows], /two columns are named "x"/],
  ["a missing column", ["x,z,colour,weight,other", ...rows], /there is no column "label"/],
  ["an open quote", [header, ...rows.slice(0, 9), '"1,2,red,1,rare'], /:11: unexpected end of data/],
  ["no rows", [header], /the file has no rows/],
  ["no content", [], /the file is empty/],
];

describe.skipIf(lacksTorch())("the program", () => {
  it("has the training options of the spec: weights, accumulation, averaging, clipping and schedules", async () => {
    await expectAllSame(folder, [onTable(tableSpec, "f64"), onTable(droppingSpec, "f64", 2)], 9);
    await expectAllSame(folder, [onTable(tableSpec, "f32", 2)], 4);
  });

  it("reports wrong data, arguments and diverged training without a stack trace", async () => {
    const model = parseModel(tableSpec);
    const file = tableFile([header, ...rows]);
    const latin = join(folder, "latin.csv");
    writeFileSync(latin, Buffer.from(`${header}\n1,2,gr\xfcn,1,rare\n`, "latin1"));
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const { data: _, ...withoutFile } = tableSpec;
    const diverging = parseModel({ ...tableSpec, optimizer: { type: "sgd", learningRate: 1e300 } });
    const onModel = (args: readonly string[]): Run => ({ model, dtype: "f32", args });
    const wrong = [
      ...wrongFiles.map(([, lines, message], i) => ({
        run: onModel(["--data", tableFile(lines, `wrong${i}.csv`)]),
        message,
        status: 2,
      })),
      {
        run: onModel(["--data", "none.csv"]),
        message: /error: cannot read none\.csv: No such file or directory/,
        status: 2,
      },
      ...[folder, pipe].map((name) => ({
        run: onModel(["--data", name]),
        message: /error: cannot read .*: it is not a regular file/,
        status: 2,
      })),
      { run: onModel(["--data", file, "--resume", pipe]), message: /it is not a regular file/, status: 2 },
      { run: onModel(["--data", latin]), message: /latin\.csv: the file is not in UTF-8/, status: 2 },
      {
        run: onModel(["--data", file, "--epochs", "-1"]),
        message: /--epochs: must be an integer from 0 to 4294967295, got -1/,
        status: 2,
      },
      { run: onModel([]), message: /required: --data/, status: 2 },
      {
        run: { model: parseModel(withoutFile), dtype: "f32" as const, args: [] },
        message: /the spec has no data section/,
        status: 1,
      },
      {
        run: { model: diverging, dtype: "f64" as const, args: ["--data", file] },
        message: /training diverged: the/,
        status: 1,
      },
    ];
    const found = await runPrograms(
      folder,
      wrong.map(({ run }) => run),
    );
    found.forEach(({ status, stderr }, i) => {
      expect(stderr).toMatch(wrong[i].message);
      expect(stderr).not.toContain("Traceback");
      expect(status).toBe(wrong[i].status);
    });
  });

  it("names what --compile needs if there is no C++ compiler", async () => {
    const file = join(folder, "compiled.py");
    const model = parseModel(tableSpec);
    writeFileSync(file, await emitText(compileFor(model, { target: "pytorch", dtype: "f32" }), "f32"));
    const args = [file, "--data", tableFile([header, ...rows]), "--epochs", "1", "--compile"];
    const env = { ...process.env, CXX: "/no/compiler", TORCHINDUCTOR_CACHE_DIR: join(folder, "cache") };
    const { status, stderr } = spawnSync(python, args, { encoding: "utf8", env });
    expect(stderr).toContain("error: --compile: PyTorch cannot compile the model: it needs a C++ compiler");
    expect(stderr).not.toContain("Traceback");
    expect(status).toBe(2);
  });

  it("computes in bfloat16 on request", async () => {
    const args = ["--data", tableFile([header, ...rows]), "--dtype", "bf16", "--epochs", "2", "--json"];
    const [{ status, stdout }] = await runPrograms(folder, [
      { model: parseModel(tableSpec), dtype: "f32", args },
    ]);
    expect(status).toBe(0);
    expect(results.parse(JSON.parse(stdout)).train.loss).toBeLessThan(10);
  });
});
