// The command `tapeless train --stream`. If a test fails, training on rows from disk differs from training on
// the same rows in memory, splits are mixed, or an unsupported spec is accepted.
import { gzipSync } from "node:zlib";
import { afterAll, beforeEach, expect, test } from "vitest";
import { readCheckpoint } from "../../../src/runtime/checkpoints/checkpoint.ts";
import { expectRefusal, workspace } from "../cli/workspace.ts";

const place = workspace();
afterAll(place.remove);

const words = ["red fox", "Red hen", "blue hen", "a hen, a fox", "blue"];

const dayOf = (n: number): string => {
  const [year, month, day] = new Date(Date.UTC(2019, 5, 1 + (n % 500))).toISOString().slice(0, 10).split("-");
  return `${day}.${month}.${year}`;
};

/** Rows with every kind of cell: numbers, missing ones, categories, texts, a column of splits, and a class. */
function rowsFrom(start: number, count: number): Record<string, string | number>[] {
  return Array.from({ length: count }, (_, i) => {
    const n = start + i;
    return {
      u: Math.round(Math.sin(n) * 1e4) / 1e3,
      v: n % 9 === 4 ? "NA" : (n * 37) % 101,
      colour: n % 23 === 0 ? "rare" : ["red", "green", "blue"][(n * n) % 3],
      size: n % 11 === 5 ? "" : ["S", "M", "L"][n % 3],
      note: words[(n * 3) % 5],
      split: ["train", "train", "validation", "train", "test"][n % 5],
      kind: Math.sin(n) > 0 ? "up" : "down",
      price: Math.round((Math.cos(n) * 50 + 70) * 100) / 100,
      // The dates are not in order. A third of the rows has no offer.
      sold: new Date(Date.UTC(2020, 0, 1, (n * 7919) % 20000)).toISOString().slice(0, 16),
      offered: n % 3 === 1 ? "" : dayOf(n * 131),
    };
  });
}

const csvOf = (rows: readonly Record<string, string | number>[]): string =>
  [
    Object.keys(rows[0]).join(),
    ...rows.map((row) =>
      Object.values(row)
        .map((cell) => JSON.stringify(cell))
        .join(),
    ),
  ].join("\n");

const rows = rowsFrom(0, 250);

const inputs = {
  numbers: { columns: ["u"], scale: "standard" },
  gaps: { columns: ["v"], missing: "mean", scale: "min-max" },
  colour: { columns: ["colour"], categories: "index" },
  size: { columns: ["size"], categories: "one-hot", missing: "category", unseen: "category" },
  note: { columns: ["note"], words: { length: 8, lowerCase: true, cut: true } },
  sold: {
    columns: ["sold"],
    dates: { parts: ["elapsed", "weekday", "hour"], origin: "2019-12-24" },
    scale: "min-max",
  },
  offered: {
    columns: ["offered"],
    dates: { parts: ["month", "elapsed", "year"], format: "DD.MM.YYYY" },
    missing: "mean",
    scale: "standard",
  },
};

const spec = {
  name: "mixed",
  inputs: {
    numbers: { shape: [1] },
    gaps: { shape: [1] },
    colour: { shape: [1], dtype: "i32" },
    size: { shape: [5] },
    note: { shape: [8], dtype: "i32" },
    sold: { shape: [5] },
    offered: { shape: [4] },
  },
  targets: { kind: { classes: 2 }, price: { shape: [1] } },
  network: [
    { name: "words", type: "embedding", vocabulary: 6, units: 3, from: "note" },
    { name: "bag", type: "global-avg-pool1d" },
    { name: "tint", type: "embedding", vocabulary: 5, units: 2, from: "colour" },
    { name: "flat", type: "flatten" },
    { name: "all", type: "concat", from: ["bag", "flat", "numbers", "gaps", "size", "sold", "offered"] },
    { name: "hidden", type: "dense", units: 6, activation: "tanh", from: "all" },
    { name: "head1", type: "dense", units: 2, from: "hidden" },
    { name: "head2", type: "dense", units: 1, from: "hidden" },
  ],
  losses: {
    kind: { loss: "cross-entropy", from: "head1", metrics: ["accuracy"] },
    price: { loss: "mse", from: "head2", metrics: ["mae"] },
  },
  optimizer: { type: "adam", learningRate: 0.01 },
  training: { epochs: 3, batchSize: 16, seed: 4, shuffle: false },
  data: {
    file: "rows.csv",
    inputs,
    targets: { kind: { columns: ["kind"] }, price: { columns: ["price"], scale: "standard" } },
  },
};

type Spec = typeof spec;

const bySplitColumn = { validation: { column: "split" }, test: { column: "split" } };

beforeEach(() => {
  place.write("rows.csv", csvOf(rows));
  place.write("mixed.json", spec);
});

const train = (...args: readonly string[]) => place.run("train", "mixed.json", "--json", ...args);

/** The metrics, the fitted encoding, and the bytes of parameters and optimizer. */
async function outcomeOf(...args: readonly string[]) {
  const { code, stdout, stderr } = await train("--out", "run.ckpt", ...args);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const { header, data } = readCheckpoint(place.bytes("run.ckpt"));
  return { stdout, fields: header.notes.fields, progress: header.progress, data };
}

test.each([
  ["one file", {}, {}],
  ["splits in a column", bySplitColumn, {}],
  [
    "splits by time",
    { test: { after: "2020-01-12T08:00" }, validation: { after: "2020-01-09" } },
    { time: "sold" },
  ],
  [
    "a separate file for each split",
    {},
    { file: undefined, train: "rows.csv", validation: "held.csv", test: "test.csv" },
  ],
])("without shuffling, --stream gives the bits of training in memory: %s", async (_, split, files) => {
  place.write("held.csv", csvOf(rowsFrom(300, 40)));
  place.write("test.csv", csvOf(rowsFrom(400, 30)));
  place.write("mixed.json", {
    ...spec,
    training: { ...spec.training, ...split },
    data: { ...spec.data, ...files },
  });
  const inMemory = await outcomeOf();
  for (const sizes of [[], ["--block", "300", "--buffer", "1"], ["--block", "7", "--buffer", "3"]])
    expect(await outcomeOf("--stream", ...sizes)).toEqual(inMemory);
});

test("JSON Lines and gzip give the result of CSV", async () => {
  const inMemory = await outcomeOf();
  place.write("rows.csv.gz", gzipSync(csvOf(rows)));
  place.write("rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
  for (const file of ["rows.csv.gz", "rows.jsonl"])
    expect(await outcomeOf("--data", file, "--stream", "--block", "32")).toEqual(inMemory);
});

test("characters are fitted like those of all rows", async () => {
  const text = {
    name: "text",
    inputs: { note: { shape: [16], dtype: "i32" } },
    targets: { next: { shape: [16], classes: 15 } },
    network: [
      { type: "embedding", vocabulary: 15, units: 4 },
      { type: "gru", units: 5, returnSequences: true },
      { type: "dense", units: 15 },
    ],
    loss: "cross-entropy",
    optimizer: "adam",
    training: spec.training,
    data: {
      file: "rows.csv",
      inputs: { note: { columns: ["note"], characters: { length: 16 } } },
      targets: { next: { nextOf: "note" } },
    },
  };
  place.write("mixed.json", text);
  const first = await train();
  const [, found = "15"] = /, (\d+) with the start token/.exec(first.stderr) ?? [];
  place.write(
    "mixed.json",
    JSON.stringify(text).replaceAll("15,", `${found},`).replaceAll(":15}", `:${found}}`),
  );
  expect(await outcomeOf("--stream", "--block", "64")).toEqual(await outcomeOf());
});

/** The spec with random splits and shuffling. */
function shuffled(): Spec & { training: object } {
  const fractions = { validation: { fraction: 0.2 }, test: { fraction: 0.2 } };
  return { ...spec, training: { ...spec.training, shuffle: true, ...fractions } };
}

test("the split of a row depends on the seed, and not on the size of blocks", async () => {
  place.write("mixed.json", {
    ...shuffled(),
    training: { ...shuffled().training, shuffle: false, epochs: 1 },
  });
  const figuresOf = async (...args: readonly string[]) => (await outcomeOf("--stream", ...args)).stdout;
  const figures = await figuresOf();
  expect(Object.keys(JSON.parse(figures))).toEqual(expect.arrayContaining(["train", "validation", "test"]));
  expect(await figuresOf("--block", "10")).toBe(figures);
  expect(await figuresOf("--seed", "5")).not.toBe(figures);
});

test("with shuffling, runs repeat bit for bit, and resuming continues them", async () => {
  place.write("mixed.json", shuffled());
  const sizes = ["--stream", "--block", "20", "--buffer", "4"];
  const whole = await outcomeOf(...sizes);
  expect(await outcomeOf(...sizes)).toEqual(whole);
  await train("--out", "half.ckpt", "--epochs", "1", ...sizes);
  expect(await outcomeOf("--resume", "half.ckpt", ...sizes)).toEqual(whole);
  expect(await outcomeOf("--stream", "--block", "20", "--buffer", "2")).not.toEqual(whole);
});

test("a checkpoint continues only with the options that it was trained with", async () => {
  place.write("mixed.json", shuffled());
  await train("--out", "streamed.ckpt", "--epochs", "1", "--stream", "--block", "20");
  await train("--out", "plain.ckpt", "--epochs", "1");
  expectRefusal(
    await train("--resume", "streamed.ckpt"),
    "streamed.ckpt was trained with --stream --block 20 --buffer 32, not no --stream",
    "use --stream --block 20 --buffer 32",
  );
  expectRefusal(
    await train("--resume", "streamed.ckpt", "--stream"),
    "not --stream --block 4096 --buffer 32",
  );
  expectRefusal(
    await train("--resume", "plain.ckpt", "--stream"),
    "plain.ckpt was trained with no --stream",
    "omit --stream",
  );
});

test("--stream reports where the rows are, and a model predicts from its checkpoint", async () => {
  const { stderr } = await train("--stream", "--out", "run.ckpt");
  expect(stderr).toMatch(/rows\.csv: 250 rows, stored in a temporary file of \d+\.\d MB for this training/);
  const { code, stdout } = await place.run("predict", "mixed.json", "run.ckpt", "rows.csv");
  expect([code, stdout.split("\n").length]).toEqual([0, 252]);
});

test.each([
  [
    "a cell that is not a number",
    { 140: { u: "many" } },
    'rows.csv:142 error T2004: column "u": "many" is not a number',
  ],
  [
    "an unknown split",
    { 77: { split: "tset" } },
    'rows.csv:79 error T2004: column "split": "tset" is not a split of the spec',
  ],
  [
    "a split without rows",
    Object.fromEntries(rows.map(({ split }, i) => [i, { split: split === "test" ? "train" : split }])),
    'the test split has no row: no cell of the column "split" is "test"',
  ],
  [
    "more classes than the spec has",
    { 200: { kind: "sideways" } },
    'kind has 2 classes, but column "kind" has 3',
  ],
])("%s is reported before training", async (_, changes: Record<number, object>, message) => {
  place.write("rows.csv", csvOf(rows.map((row, i) => ({ ...row, ...changes[i] }))));
  place.write("mixed.json", { ...spec, training: { ...spec.training, ...bySplitColumn } });
  expectRefusal(await train("--stream", "--block", "50"), message);
});

/** The elapsed days are counted from the earliest date, and missing dates are errors. */
const plainDates = { columns: ["sold"], dates: { parts: ["elapsed"] } };

test.each([
  [
    "a cell that is not a date",
    { 140: { sold: "soon" } },
    '142 error T2004: column "sold": "soon" is not an ISO',
  ],
  ["a missing date", { 203: { sold: "" } }, '205 error T2004: column "sold": the cell is empty'],
  [
    "an offset from UTC in a later block",
    { 177: { sold: "2020-01-05T10:00Z" } },
    '179 error T2004: column "sold": "2020-01-05T10:00Z" has an offset from UTC',
  ],
  [
    "a column without dates",
    Object.fromEntries(rows.map((_, i) => [i, { sold: "NA" }])),
    'all dates of column "sold" in the training split are missing',
  ],
])(
  "an error in dates is that of training in memory: %s",
  async (_, changes: Record<number, object>, message) => {
    place.write("rows.csv", csvOf(rows.map((row, i) => ({ ...row, ...changes[i] }))));
    const { data } = spec;
    place.write("mixed.json", {
      ...spec,
      inputs: { ...spec.inputs, sold: { shape: [1] } },
      data: { ...data, inputs: { ...data.inputs, sold: plainDates } },
    });
    const inMemory = await train();
    expectRefusal(inMemory, message);
    expect(await train("--stream", "--block", "50")).toEqual(inMemory);
  },
);

test("a split by time rejects a time whose offset differs from those of earlier blocks", async () => {
  place.write("rows.csv", csvOf(rows.map((row, i) => (i === 120 ? { ...row, sold: `${row.sold}Z` } : row))));
  const { sold: _, ...others } = spec.inputs;
  const network = spec.network.map((layer) =>
    layer.name === "all" ? { ...layer, from: ["bag", "flat", "numbers", "gaps", "size", "offered"] } : layer,
  );
  const { sold: __, ...columns } = inputs;
  place.write("mixed.json", {
    ...spec,
    inputs: others,
    network,
    training: { ...spec.training, test: { after: "2020-01-12" } },
    data: { ...spec.data, inputs: columns, time: "sold" },
  });
  const inMemory = await train();
  expectRefusal(inMemory, "rows.csv:122", "has an offset from UTC, but earlier times have none");
  expect(await train("--stream", "--block", "50")).toEqual(inMemory);
});

const series = { file: "rows.csv", windows: { length: 3, horizon: 1 } };

test.each([
  [
    "folds",
    { training: { ...spec.training, validation: { folds: 3 } } },
    "folds, because rows are assigned to folds of equal size together",
    '"validation": { "fraction": … }',
  ],
  [
    "groups",
    { training: { ...spec.training, test: { fraction: 0.2, group: "colour" } } },
    "a split with `group`, because the groups of all rows are needed",
    '{ "column": "split" }',
  ],
  [
    "the last rows",
    { training: { ...spec.training, test: { last: 0.2 } } },
    "a split with `last`, because the times of all rows are needed",
    '{ "column": "split" }',
  ],
  [
    "windows",
    {
      inputs: { past: { shape: [3, 1] } },
      targets: { next: { shape: [1] } },
      network: [{ type: "flatten" }, { type: "dense", units: 1 }],
      losses: undefined,
      loss: "mse",
      data: { ...series, inputs: { past: { columns: ["u"] } }, targets: { next: { columns: ["u"] } } },
    },
    "`windows`, because the rows of a window may be anywhere in the file",
    "windows are views, so they need no more memory than the rows",
  ],
])("--stream refuses %s, and says why and what to do", async (_, changes, why, instead) => {
  place.write("mixed.json", { ...spec, ...changes });
  expectRefusal(await train("--stream"), why, instead);
});

test.each([
  ["a report", ["--report"]],
  ["a page", ["--serve"]],
  ["TensorBoard", ["--tensorboard", "runs"]],
])("--stream refuses %s, which needs all rows in memory", async (_, flags) => {
  const message = `cannot be combined with ${flags[0]}, which needs all rows in memory`;
  expectRefusal(await place.run("train", "mixed.json", "--stream", ...flags), message);
});

test("other formats, and sizes without --stream, are refused", async () => {
  place.write("rows.npy", Buffer.from("\x93NUMPY\x01\0", "latin1"));
  expectRefusal(
    await train("--stream", "--data", "rows.npy"),
    "only CSV and JSON Lines can be read in blocks",
    "convert the file",
  );
  expectRefusal(await train("--block", "9"), "--block needs --stream");
});
