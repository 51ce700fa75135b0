// Checkpoints that the emitted trainer and the emitted PyTorch file exchange. If a test fails, training that moves
// between them continues with other numbers, or a damaged checkpoint is loaded.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { checkpointBench, difference, numbersIn } from "../support/pytorch-checkpoints.ts";
import type { Bench } from "../support/pytorch-checkpoints.ts";
import { lacksTorch } from "../support/pytorch.ts";
import { lacksModules, python } from "../support/python.ts";

const rows = Array.from({ length: 60 }, (_, i) => {
  const x = Math.sin(i * 1.7);
  const colour = ["red", "green", "blue"][i % 3];
  return `${i % 7 === 3 ? "NA" : x.toFixed(4)},${(x * i).toFixed(3)},${colour},${1 + (i % 4)},${i % 5 === 0 ? "rare" : "common"},${(x * x * 3 + (i % 2)).toFixed(2)}`;
});
const data = ["x,z,colour,weight,label,price", ...rows].join("\n");

/** A schedule, accumulation, averaging, class and sample weights, statistics, dropout and early stopping. */
const everything: ModelSpec = {
  name: "everything",
  inputs: { numbers: { shape: [2] }, colour: { shape: [3] }, weight: { shape: [] } },
  targets: { label: { classes: 2 } },
  network: [
    { type: "concat", from: ["numbers", "colour"] },
    { type: "dense", units: 6, activation: "tanh" },
    { type: "batch-norm" },
    { type: "dropout", rate: 0.2 },
    { type: "dense", units: 2 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  regularization: { l2: 0.01 },
  optimizer: {
    type: "adamw",
    learningRate: { type: "cosine", initial: 0.02, steps: 16, warmup: { steps: 5 } },
    clip: { norm: 1 },
  },
  training: {
    epochs: 5,
    batchSize: 4,
    accumulate: 3,
    seed: 11,
    average: { decay: 0.9 },
    classWeights: "balanced",
    sampleWeights: "weight",
    test: { fraction: 0.2 },
    validation: { fraction: 0.2 },
    earlyStopping: { patience: 2, metric: "loss" },
  },
  data: {
    file: "data.csv",
    inputs: {
      numbers: { columns: ["x", "z"], scale: "standard", missing: "mean" },
      colour: { columns: ["colour"], categories: "one-hot" },
      weight: { columns: ["weight"] },
    },
    targets: { label: { columns: ["label"] } },
  },
};

/** A scaled target whose error selects the best epoch, plain steps, and an optimizer with one vector. */
const regression: ModelSpec = {
  name: "regression",
  inputs: { z: { shape: [1] }, colour: { shape: [1], dtype: "i32" } },
  targets: { price: { shape: [1] } },
  network: [
    { type: "embedding", from: "colour", name: "tint", vocabulary: 4, units: 3 },
    { type: "flatten", name: "flat" },
    { type: "concat", from: ["flat", "z"] },
    { type: "dense", units: 4, activation: "relu" },
    { type: "dense", units: 1 },
  ],
  loss: "mse",
  metrics: ["mae"],
  optimizer: { type: "sgd", learningRate: 0.05, momentum: 0.9 },
  training: {
    epochs: 5,
    batchSize: 7,
    seed: 3,
    validation: { fraction: 0.25 },
    earlyStopping: { patience: 9, metric: "mae" },
  },
  data: {
    file: "data.csv",
    inputs: {
      z: { columns: ["z"], scale: "min-max" },
      colour: { columns: ["colour"], categories: "index" },
    },
    targets: { price: { columns: ["price"], scale: "standard" } },
  },
};

/** Texts of three letters, so that every character is in the training rows, and an optimizer with a single number. */
const texts: ModelSpec = {
  name: "texts",
  inputs: { text: { shape: [6], dtype: "i32" } },
  targets: { next: { classes: 4, shape: [6] } },
  network: [
    { type: "embedding", vocabulary: 4, units: 3 },
    { type: "gru", units: 4, returnSequences: true },
    { type: "dense", units: 4 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "nadam", learningRate: 0.05 },
  training: { epochs: 5, batchSize: 8, seed: 4, keep: "last" },
  data: {
    file: "data.csv",
    inputs: { text: { columns: ["word"], characters: { length: 6 } } },
    targets: { next: { nextOf: "text" } },
  },
};
const words = Array.from({ length: 44 }, (_, i) => ["ab", "abc", "cab", "bcca", "a"][(i * i) % 5]);

const benches: Bench[] = [];
afterAll(() => {
  for (const bench of benches) bench.remove();
});
async function benchOf(spec: ModelSpec): Promise<Bench> {
  const bench = await checkpointBench(spec, spec === texts ? ["word", ...words].join("\n") : data);
  benches.push(bench);
  return bench;
}

/** The number of steps, and the rows of an incomplete epoch. */
function positionIn(checkpoint: Uint8Array): { readonly step: number; readonly rows: number } {
  const numbers = numbersIn(checkpoint);
  const [[step = NaN] = [], [rows = NaN] = []] = ["step", "progress.rows"].map((key) => numbers.get(key));
  return { step, rows };
}

const epochs = 5;
const limit = 1e-10;

describe.skipIf(lacksTorch())("training that moves between the trainer and PyTorch", () => {
  it.each([everything, regression, texts])("continues as if it had never moved: $name", async (spec) => {
    const bench = await benchOf(spec);
    const undisturbed = await bench.trainer({ epochs });
    // Every epoch has several steps, so these are inside epochs, schedules and searches for the best epoch.
    const first = await bench.trainer({ epochs, until: 4 });
    const second = bench.pytorch({ epochs, from: first, until: 10 });
    expect([first, second].map((checkpoint) => positionIn(checkpoint).step)).toEqual([4, 10]);
    for (const checkpoint of [first, second]) expect(positionIn(checkpoint).rows).toBeGreaterThan(0);
    expect(numbersIn(second).get("dense1.weight")).not.toEqual(numbersIn(first).get("dense1.weight"));
    expect(difference(await bench.trainer({ epochs, from: second }), undisturbed)).toBeLessThan(limit);
    const other = bench.pytorch({ epochs, until: 8 });
    const third = await bench.trainer({ epochs, from: other, until: 11 });
    expect(difference(bench.pytorch({ epochs, from: third }), undisturbed)).toBeLessThan(limit);
  });
});

describe.skipIf(lacksTorch())("a killed process", () => {
  it("loses its incomplete epoch, and continues the undisturbed training from its checkpoint", async () => {
    const bench = await benchOf(everything);
    const undisturbed = bench.pytorch({ epochs, everyStep: false });
    const killed = bench.pytorch({ epochs, until: 8, everyStep: false });
    expect(positionIn(killed)).toEqual({ step: 6, rows: 0 });
    expect(difference(bench.pytorch({ epochs, from: killed, everyStep: false }), undisturbed)).toBe(0);
    expect(difference(undisturbed, await bench.trainer({ epochs }))).toBeLessThan(limit);
  });

  it("of several ends the others, and another number of processes continues from the checkpoint", async () => {
    const bench = await benchOf(everything);
    const undisturbed = bench.pytorch({ epochs });
    const killed = bench.pytorch({ epochs, until: 5, processes: 2 });
    expect(positionIn(killed).step).toBe(5);
    expect(positionIn(killed).rows).toBeGreaterThan(0);
    const again = bench.pytorch({ epochs, from: killed, until: 9, processes: 3 });
    expect(positionIn(again).step).toBe(9);
    expect(difference(bench.pytorch({ epochs, from: again }), undisturbed)).toBeLessThan(limit);
  });
});

describe.skipIf(lacksTorch())("the options of the program", () => {
  it("are checked before training, and leave the previous checkpoint", async () => {
    const bench = await benchOf(regression);
    const [first, kept] = ["first.safetensors", "kept.safetensors"].map((name) => join(bench.folder, name));
    const [csv, other, short] = ["data.csv", "other.csv", "short.csv"].map((name) =>
      join(bench.folder, name),
    );
    const checkpoint = await bench.trainer({ epochs, until: 11 });
    for (const file of [first, kept]) writeFileSync(file, checkpoint);
    const streamed = join(bench.folder, "streamed.safetensors");
    writeFileSync(streamed, withJson("notes", { stream: { block: 7, buffer: 2 } })(partsOf(checkpoint)));
    writeFileSync(other, data.replaceAll(",red,", ",pink,"));
    writeFileSync(short, data.split("\n").slice(0, 4).join("\n"));
    const common = ["--dtype", "f64", "--out", kept, "--resume", first];
    const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [["--data", csv, ...common, "--resume", streamed], /streamed.safetensors was trained with --stream/],
      [
        ["--data", other, ...common],
        /first.safetensors: the checkpoint was trained on other data: colour is /,
      ],
      [["--data", short, ...common], /first.safetensors: the checkpoint was trained on other data: /],
      [["--data", csv, ...common, "--seed", "4"], /--seed 4: .*first.safetensors was trained with seed 3/],
      [
        ["--data", csv, ...common, "--dtype", "f32"],
        /is for "regression" in f64, not for "regression" in f32/,
      ],
      [
        ["--data", csv, ...common, "--resume", `${first}x`],
        /first.safetensorsx: cannot read the file: No such/,
      ],
      [
        ["--data", csv, ...common, "--out", join(bench.folder, "none", "x")],
        /cannot write .*none.x: it must be/,
      ],
      [["--data", csv, ...common, "--out", "/dev/null"], /cannot write .dev.null: it must be a regular file/],
      [["--data", csv, ...common, "--save-steps", "-1"], /--save-steps: must be an integer from 0/],
      [["--data", csv, "--save-steps", "2"], /--save-steps needs --out/],
    ];
    for (const [args, message] of wrong) {
      const { status, stderr } = spawnSync(python, [bench.program, ...args], { encoding: "utf8" });
      expect.soft(stderr).toMatch(message);
      expect.soft(stderr).not.toContain("Traceback");
      expect.soft(status).toBe(2);
    }
    expect(readFileSync(kept).equals(checkpoint)).toBe(true);
  });

  it("ends a training that has stopped early, and continues one that was complete", async () => {
    const bench = await benchOf(everything);
    const stopping = 12;
    const stopped = await bench.trainer({ epochs: stopping });
    expect(numbersIn(stopped).get("progress.epoch")?.[0]).toBeLessThan(stopping);
    expect(difference(bench.pytorch({ epochs: stopping, from: stopped }), stopped)).toBe(0);
    const complete = bench.pytorch({ epochs: 2 });
    const longer = await bench.trainer({ epochs: 3 });
    expect(difference(bench.pytorch({ epochs: 3, from: complete }), longer)).toBeLessThan(limit);
    expect(difference(await bench.trainer({ epochs: 3, from: complete }), longer)).toBeLessThan(limit);
  });
});

// Damaged checkpoints.

type Header = Record<string, Record<string, unknown>>;

interface Parts {
  readonly header: Header;
  readonly data: Uint8Array;
}

function partsOf(file: Uint8Array): Parts {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header: Header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  return { header, data: file.subarray(8 + length) };
}

function fileOf(header: unknown, data: Uint8Array): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const encoded = new TextEncoder().encode(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(encoded.length), true);
  return Buffer.concat([length, encoded, data]);
}

/** The file with other metadata: values replace those of their keys, and undefined removes a key. */
const withMetadata =
  (changes: Readonly<Record<string, unknown>>) =>
  ({ header, data }: Parts): Uint8Array =>
    fileOf({ ...header, __metadata__: { ...header.__metadata__, ...changes } }, data);

const withJson = (key: string, changes: Readonly<Record<string, unknown>>) => (parts: Parts) => {
  const { [key]: text } = parts.header.__metadata__;
  return withMetadata({ [key]: JSON.stringify({ ...JSON.parse(String(text)), ...changes }) })(parts);
};

const withEntry = (name: string, changes: Readonly<Record<string, unknown>>) => (parts: Parts) =>
  fileOf({ ...parts.header, [name]: { ...parts.header[name], ...changes } }, parts.data);

const bias = "dense1.bias";

/** What is wrong, how the file becomes so, and the messages of PyTorch and of the trainer. */
const mistakes: readonly (readonly [
  what: string,
  damage: (parts: Parts) => Uint8Array,
  pytorch: RegExp,
  trainer: RegExp,
])[] = [
  ["is empty", () => new Uint8Array(0), /not a safetensors file/, /not a checkpoint, but an empty file/],
  ["is cut in its length", () => new Uint8Array(5), /not a safetensors file/, /not a checkpoint/],
  [
    "declares a longer header than the file",
    () => Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 123),
    /not a safetensors file, or it is truncated/,
    /not a checkpoint/,
  ],
  ["has no JSON", () => fileOf("{", new Uint8Array(0)), /not a safetensors file/, /not a checkpoint/],
  [
    "has a deeply nested header",
    () => fileOf("[".repeat(100_000), new Uint8Array(0)),
    /not a safetensors file/,
    /not a checkpoint/,
  ],
  ["has a list as header", () => fileOf([], new Uint8Array(0)), /not a safetensors file/, /not a checkpoint/],
  [
    "has only parameters",
    ({ header: { __metadata__: _, ...others }, data }) => fileOf(others, data),
    /not a checkpoint/,
    /not a checkpoint, but a .safetensors file/,
  ],
  [
    "has another version",
    withMetadata({ tapeless: "3" }),
    /not of this version/,
    /not a checkpoint of this tapeless version/,
  ],
  [
    "has no progress",
    withMetadata({ progress: undefined }),
    /no valid model, progress and notes/,
    /no valid "progress"/,
  ],
  [
    "has notes that are no JSON",
    withMetadata({ notes: "{" }),
    /no valid model, progress and notes/,
    /no valid "notes"/,
  ],
  [
    "has a negative epoch",
    withJson("progress", { epoch: -1 }),
    /the progress in the checkpoint is invalid/,
    /progress\.epoch/,
  ],
  [
    "has a text as its best value",
    withJson("progress", { bestValue: "1" }),
    /the progress in the checkpoint is invalid/,
    /progress\.bestValue/,
  ],
  ["has no number of steps", withMetadata({ step: "many" }), /the step, the seed or/, /no valid "step"/],
  ["has a large seed", withMetadata({ seed: "4294967296" }), /the step, the seed or/, /no valid "seed"/],
  [
    "is of another model",
    withJson("model", { name: "other" }),
    /for "other" in f64, not for "regression" in f64/,
    /for "other" in f64, not for "regression" in f64/,
  ],
  [
    "is of another type of numbers",
    withJson("model", { dtype: "f32" }),
    /for "regression" in f32, not for "regression" in f64/,
    /type F64, but the model needs F32/,
  ],
  [
    "is of another spec",
    withJson("model", { specHash: "0" }),
    /trained with another spec/,
    /trained with another spec/,
  ],
  [
    "lacks a tensor",
    ({ header: { [bias]: _, ...others }, data }) => fileOf(others, data),
    /"dense1.bias" is missing/,
    /does not begin where the previous tensor ends/,
  ],
  [
    "lacks a state of the optimizer",
    ({ header: { "optimizer:velocity:dense2.bias": _, ...others }, data }) => fileOf(others, data),
    /"optimizer:velocity:dense2.bias" is missing/,
    /the tensors take \d+ bytes, but \d+ follow|does not begin where/,
  ],
  [
    "has one tensor more",
    (parts) => withEntry("extra", { dtype: "F64", shape: [0], data_offsets: [0, 0] })(parts),
    /"extra" is not a tensor of this checkpoint/,
    /"extra" is not a tensor of this checkpoint/,
  ],
  [
    "has a tensor of another shape",
    withEntry(bias, { shape: [2, 2] }),
    /"dense1.bias" is F64 \[2, 2\], but F64 \[4\] in the model/,
    /"dense1.bias" has shape \[2, 2\] in the file and \[4\] in the model/,
  ],
  [
    "has a shape with a huge size",
    withEntry(bias, { shape: [0, 1e300] }),
    /"dense1.bias" is F64 \[0, 1e\+300\]/,
    /"dense1.bias" has 32 bytes, but shape/,
  ],
  [
    "has a tensor of another type",
    withEntry(bias, { dtype: "F32", shape: [8] }),
    /"dense1.bias" is F32 \[8\]/,
    /"dense1.bias"/,
  ],
  [
    "has an unknown type",
    withEntry(bias, { dtype: "X" }),
    /"dense1.bias" is X \[4\]/,
    /"dense1.bias" has type X/,
  ],
  [
    "has offsets that are texts",
    withEntry(bias, { data_offsets: ["0", "1"] }),
    /"dense1.bias" has no valid data_offsets/,
    /the header entry of "dense1.bias" is invalid/,
  ],
  [
    "has a range after the end",
    withEntry(bias, { data_offsets: [1e9, 1e9 + 32] }),
    /must have the bytes from/,
    /the file is truncated: "dense1.bias" ends at byte/,
  ],
  [
    "has overlapping tensors",
    withEntry(bias, { data_offsets: [0, 32] }),
    /must have the bytes from/,
    /does not begin where the previous tensor ends/,
  ],
  [
    "has bytes after the tensors",
    ({ header, data }) => fileOf(header, Buffer.concat([data, Buffer.alloc(8)])),
    /the tensors take \d+ bytes, but \d+ follow/,
    /the tensors take \d+ bytes, but \d+ follow/,
  ],
  [
    "is cut in its numbers",
    ({ header, data }) => fileOf(header, data.subarray(0, -8)),
    /must have the bytes from/,
    /the file is truncated/,
  ],
  [
    "has only a part of the best epoch",
    ({ header: { "best:dense1.bias": _, ...others }, data }) => fileOf(others, data),
    /"best:dense1.bias" is missing/,
    /does not begin where the previous tensor ends/,
  ],
];

describe.skipIf(lacksTorch())("a damaged checkpoint is refused", () => {
  it("by PyTorch and by the trainer, with a message that says why", async () => {
    const bench = await benchOf(regression);
    const whole = await bench.trainer({ epochs: 2 });
    const parts = partsOf(whole);
    const files = mistakes.map(([, damage], i) => {
      const file = join(bench.folder, `damaged${i}.safetensors`);
      writeFileSync(file, damage(parts));
      return file;
    });
    const script = fileURLToPath(new URL("../support/pytorch_files.py", import.meta.url));
    writeFileSync(join(bench.folder, "whole.safetensors"), fileOf(parts.header, parts.data));
    const all = [...files, join(bench.folder, "whole.safetensors")];
    const { stdout, stderr } = spawnSync(python, [script, bench.program, ...all], { encoding: "utf8" });
    expect(stderr).toBe("");
    const messages: readonly (string | null)[] = JSON.parse(stdout);
    expect(messages.at(-1)).toBeNull();
    for (const [i, [what, damage, pytorch, trainer]] of mistakes.entries()) {
      expect.soft(messages[i], what).toMatch(pytorch);
      expect.soft(await bench.refusal(damage(parts)), what).toMatch(trainer);
    }
  });
});

const isSkipped = lacksModules("safetensors.numpy");
const why = !isSkipped ? "" : " (not run: Debian's python3-safetensors is missing)";

const contents = z.object({
  metadata: z.record(z.string(), z.string()),
  tensors: z.record(z.string(), z.tuple([z.array(z.number()), z.number()])),
});

describe.skipIf(isSkipped)(`Python's safetensors${why}`, () => {
  it("reads checkpoints of both sides, and what it writes is a checkpoint for both", async () => {
    const bench = await benchOf(everything);
    const undisturbed = await bench.trainer({ epochs });
    const script = fileURLToPath(new URL("../support/pytorch_safetensors.py", import.meta.url));
    const [file, copy] = ["own.safetensors", "copy.safetensors"].map((name) => join(bench.folder, name));
    for (const checkpoint of [
      await bench.trainer({ epochs, until: 4 }),
      bench.pytorch({ epochs, until: 5 }),
    ]) {
      writeFileSync(file, checkpoint);
      const { stdout, stderr } = spawnSync(python, [script, file, copy], { encoding: "utf8" });
      expect(stderr).toBe("");
      const { metadata, tensors } = contents.parse(JSON.parse(stdout));
      expect(metadata).toMatchObject({ format: "tapeless", tapeless: "2", epoch: "1", seed: "11" });
      const numbers = numbersIn(checkpoint);
      expect(Object.keys(tensors).length).toBeGreaterThan(20);
      for (const [name, [shape, sum]] of Object.entries(tensors)) {
        const values = numbers.get(name) ?? [];
        expect(shape.reduce((size, extent) => size * extent, 1)).toBe(values.length);
        expect(values.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 10);
      }
      // The library sorts the tensors by name, which is not the order of the trainer's memory.
      const rewritten = readFileSync(copy);
      expect(difference(await bench.trainer({ epochs, from: rewritten }), undisturbed)).toBeLessThan(limit);
      expect(difference(bench.pytorch({ epochs, from: rewritten }), undisturbed)).toBeLessThan(limit);
    }
  });
});
