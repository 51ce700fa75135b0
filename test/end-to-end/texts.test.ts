// A spec with texts, on the command line and as an emitted program. If a test fails, the two train on
// different sequences, write different samples, cannot load each other's checkpoints, or accept a checkpoint
// with another vocabulary.
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { expectRefusal, workspace } from "../command/cli/workspace.ts";
import { faultsOf } from "../support/code-faults.ts";

const spec: ModelSpec = {
  name: "words",
  inputs: { text: { shape: [6], dtype: "i32" } },
  targets: { next: { classes: 5, shape: [6] } },
  network: [
    { type: "embedding", vocabulary: 5, units: 12 },
    { type: "position-embedding" },
    { type: "attention", heads: 2, causal: true },
    { type: "dense", units: 5 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.03 },
  training: {
    epochs: 8,
    batchSize: 16,
    seed: 5,
    test: { fraction: 0.2 },
    validation: { fraction: 0.2 },
    earlyStopping: { patience: 3 },
  },
  data: {
    file: "words.csv",
    inputs: { text: { columns: ["word"], characters: { length: 6 } } },
    targets: { next: { nextOf: "text" } },
  },
};

/** Words of two to five letters: "ab" repeated, or "xy" repeated. */
const words = (a = "ab", b = "xy") =>
  `word\n${Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? a : b).repeat(3).slice(0, 2 + (i % 4))).join("\n")}\n`;

const place = workspace();
afterAll(() => place.remove());
const program = (...args: string[]) => place.program("words.ts", ...args);
const train = (...args: string[]) => place.run("train", "words.json", ...args);

let code = "";
beforeAll(async () => {
  place.write("words.json", spec);
  place.write("words.csv", words());
  place.write("others.csv", words("ab", "xz"));
  code = (await compile(spec)).code;
  place.write("words.ts", code);
});

test("program and command line print the same, and learn that letters alternate", async () => {
  const emitted = await program("--data", "words.csv", "--json", "--sample", "6");
  const own = await train("--json", "--sample", "6");
  expect(own.stdout).toBe(emitted.stdout);
  const result = JSON.parse(own.stdout);
  expect(Object.keys(result)).toEqual([
    "model",
    "epochs",
    "bestEpoch",
    "train",
    "validation",
    "test",
    "samples",
  ]);
  expect(result.samples).toHaveLength(6);
  for (const text of result.samples) expect(text).toMatch(/^(ab|ba|xy|yx|[abxy]){1,5}$/);
  // Chance level is −log(1/5) = 1.6. The first letter of a word and its end cannot be predicted.
  expect(result.test.loss).toBeLessThan(0.7);
  expect(Object.keys(JSON.parse((await train("--json")).stdout))).not.toContain("samples");
});

test("--temperature 0 writes the same text every time, one per line after the results", async () => {
  const { stdout } = await train("--sample", "3", "--temperature", "0");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(0, 4).map((line) => line.split(/[: ]/)[0])).toEqual([
    "words",
    "train",
    "validation",
    "test",
  ]);
  expect(lines.slice(4)).toEqual([lines[4], lines[4], lines[4]]);
  expect(lines[4]).toMatch(/^(ab|xy)/);
});

test("a complete checkpoint writes samples without further training, and --seed only changes the samples", async () => {
  await train("--out", "words.ckpt");
  const rest = ["--json", "--resume", "words.ckpt", "--sample", "9"];
  const own = await train(...rest);
  expect(await program("--data", "words.csv", ...rest)).toMatchObject({ code: 0, stdout: own.stdout });
  const { samples, ...figures } = JSON.parse(own.stdout);
  const other = JSON.parse((await train(...rest, "--seed", "8")).stdout);
  expect(other).toMatchObject(figures);
  expect(other.samples).not.toEqual(samples);
  // Without samples, --seed is the seed of training.
  expectRefusal(await train("--resume", "words.ckpt", "--seed", "8"), "was trained with seed 5");
});

test("a checkpoint with another vocabulary is rejected", async () => {
  await train("--epochs", "1", "--out", "own.ckpt");
  const said =
    'trained on other data: it has text.characters[3] = "y", this data has text.characters[3] = "z"';
  expectRefusal(
    await train("--data", "others.csv", "--resume", "own.ckpt"),
    "own.ckpt error T3001: the checkpoint was ",
    said,
  );
  expectRefusal(
    await program("--data", "others.csv", "--resume", "own.ckpt"),
    `error: own.ckpt: the checkpoint was ${said}`,
  );
});

test("a file of test rows is read with the vocabulary of the training rows", async () => {
  const { file: _, ...columns } = spec.data ?? {};
  const { test: __, ...training } = spec.training;
  place.write("two.json", { ...spec, training, data: { ...columns, train: "words.csv", test: "rest.csv" } });
  place.write("rest.csv", "id,word\n1,abab\n2,xy\n");
  const { stdout } = await place.run("train", "two.json", "--json", "--epochs", "1");
  expect(JSON.parse(stdout).test.loss).toBeGreaterThan(0);
  place.write("rest.csv", "id,word\n1,abab\n2,xyz\n");
  expectRefusal(
    await place.run("train", "two.json"),
    'rest.csv:3 error T2004: column "word": "z" in "xyz" does not occur in the training split',
  );
});

test("texts with numbers, a class and a file of test rows: both print the same", async () => {
  const mixed: ModelSpec = {
    name: "kinds",
    inputs: { text: { shape: [6], dtype: "i32" }, size: { shape: [2] } },
    targets: { kind: { classes: 2 } },
    network: [
      { type: "embedding", from: "text", vocabulary: 5, units: 4 },
      { type: "flatten", name: "letters" },
      { type: "concat", from: ["letters", "size"] },
      { type: "dense", units: 2 },
    ],
    loss: "cross-entropy",
    metrics: ["accuracy"],
    optimizer: { type: "adam", learningRate: 0.05 },
    training: { epochs: 10, batchSize: 16, seed: 5, validation: { fraction: 0.2 } },
    data: {
      train: "kinds.csv",
      test: "more.csv",
      inputs: {
        text: { columns: ["word"], characters: { length: 6 } },
        size: { columns: ["a", "b"], scale: "standard" },
      },
      targets: { kind: { columns: ["kind"] } },
    },
  };
  const rows = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => {
      const kind = (first + i) % 2;
      return `${(kind === 0 ? "ab" : "xy").repeat(2).slice(0, 2 + (i % 3))},${i % 7},${(i * 3) % 5},${["low", "high"][kind]}`;
    }).join("\n");
  place.write("kinds.json", mixed);
  place.write("kinds.csv", `word,a,b,kind\n${rows(0, 60)}\n`);
  place.write("more.csv", `word,a,b,kind\n${rows(1, 20)}\n`);
  const kinds = (await compile(mixed)).code;
  place.write("kinds.ts", kinds);
  const own = await place.run("train", "kinds.json", "--json");
  const files = ["--data", "kinds.csv", "--test", "more.csv", "--json"];
  expect((await place.program("kinds.ts", ...files)).stdout).toBe(own.stdout);
  expect(JSON.parse(own.stdout)).toMatchObject({ validation: { accuracy: 1 }, test: { accuracy: 1 } });
  expect(faultsOf(kinds)).toEqual([]);
  expectRefusal(await place.run("train", "kinds.json", "--sample", "2"), "needs a language model");
});

test.each<[string[], string]>([
  [["--temperature", "0.5"], "--temperature"],
  [["--sample", "2", "--temperature", "-1"], "must be a number of at least 0"],
  [["--sample", "2", "--temperature", "warm"], "must be a number of at least 0"],
  [["--sample", "-2"], "must be an integer"],
  [["--sample"], "--sample"],
])("%j is rejected by both", async (args, said) => {
  expectRefusal(await train(...args), said);
  expectRefusal(await program("--data", "words.csv", ...args), said);
});

test("a model that is not a language model rejects --sample", async () => {
  const numbers: ModelSpec = {
    ...spec,
    data: {
      file: "words.csv",
      inputs: { text: { columns: ["a..f"] } },
      targets: { next: { columns: ["g..l"] } },
    },
  };
  place.write("numbers.json", numbers);
  expectRefusal(
    await place.run("train", "numbers.json", "--sample", "3"),
    'error T1010: --sample needs a language model, and "words" is not one',
  );
  const { code: other } = await compile(numbers);
  for (const part of ["--sample N", "writeTexts", "characterEncoder"]) {
    expect(other).not.toContain(part);
    expect(code).toContain(part);
  }
});

test("--help lists the flags, and the emitted file compiles under --strict", async () => {
  const { stdout } = await program("--help");
  for (const line of [/^ {2}--data FILE {10}\S/m, /^ {2}--sample N {11}\S/m, /^ {2}--temperature T {6}\S/m])
    expect(stdout).toMatch(line);
  expect(faultsOf(code)).toEqual([]);
});
