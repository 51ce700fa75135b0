// Emitted PyTorch files with several data files: IDX files, and separate files for validation and test rows. If a test
// fails, the program reads other rows than `tapeless train`, or a wrong file crashes it or trains on noise.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { programFiles } from "../../src/command/files/read-source.ts";
import { safetensors } from "../../src/command/formats/parameters/formats.ts";
import { emitPytorch } from "../../src/compiler/pytorch-emission.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { workspace } from "../command/cli/workspace.ts";
import { idxBytes } from "../support/idx-bytes.ts";
import { lacksTorch } from "../support/pytorch.ts";
import { expectAllSame, runPrograms } from "../support/pytorch-programs.ts";
import type { Comparison, Run } from "../support/pytorch-programs.ts";

const folder = mkdtempSync(join(tmpdir(), "pytorch-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

// IDX files.

const kinds = (count: number) => Array.from({ length: count }, (_, i) => (i * 7) % 3);
const pixels = (count: number) =>
  kinds(count).flatMap((kind, i) => Array.from({ length: 16 }, (_, at) => (kind * 60 + i * at) % 256));
const weights = (count: number) => Array.from({ length: count }, (_, i) => 1 + (i % 3));
/** Floats 0.5 and -2.5, alternately. */
const floats = (count: number) =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? [0x3f, 0, 0, 0] : [0xc0, 0x20, 0, 0])).flat();

const bars: ModelSpec = {
  name: "bars",
  inputs: {
    image: { shape: [4, 4, 1] },
    tone: { shape: [2], dtype: "i32" },
    weight: { shape: [] },
    level: { shape: [1] },
  },
  targets: { kind: { classes: 3 } },
  network: [
    { type: "conv2d", from: "image", filters: 2, kernel: 3, activation: "relu" },
    { type: "flatten", name: "flat" },
    { type: "embedding", from: "tone", vocabulary: 4, units: 2 },
    { type: "flatten", name: "tones" },
    { type: "concat", from: ["flat", "tones", "level"] },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.02 },
  training: {
    epochs: 3,
    batchSize: 8,
    seed: 5,
    sampleWeights: "weight",
    classWeights: "balanced",
    validation: { fraction: 0.2 },
  },
  data: {
    train: {
      idx: {
        image: "bars/train/image",
        tone: "bars/train/tone",
        weight: "bars/train/weight",
        level: "bars/train/level",
        kind: "bars/train/kind",
      },
    },
    test: {
      idx: {
        kind: "bars/test/kind",
        image: "bars/test/image",
        tone: "bars/test/tone",
        level: "bars/test/level",
        weight: "bars/test/weight",
      },
    },
    inputs: { image: { scale: "standard" } },
  },
};

function writeBars(place: string, count: number, packed: (bytes: Uint8Array) => Uint8Array) {
  const tones = Array.from({ length: 2 * count }, (_, i) => (i * 3) % 4);
  write(`${place}/image`, packed(idxBytes(0x08, [count, 4, 4], pixels(count))));
  write(`${place}/tone`, packed(idxBytes(0x09, [count, 2], tones)));
  write(
    `${place}/weight`,
    packed(
      idxBytes(
        0x0b,
        [count],
        weights(count).flatMap((each) => [0, each]),
      ),
    ),
  );
  write(`${place}/level`, packed(idxBytes(0x0d, [count, 1], floats(count))));
  write(`${place}/kind`, packed(idxBytes(0x08, [count], kinds(count))));
}
writeBars("bars/train", 60, (bytes) => bytes);
// The content of a file, not its name, shows whether it is compressed.
writeBars("bars/test", 20, gzipSync);

/** The spec in a file, with the arguments that name its data. */
async function onFiles(spec: ModelSpec, dtype: "f32" | "f64"): Promise<Comparison> {
  const file = write(`${spec.name}.json`, JSON.stringify(spec));
  const { data, ...others } = programFiles(file, (await readSpec(file)).model, undefined);
  const files = Object.entries(others).map(([option, name]) => `--${option}=${name}`);
  return { spec: file, dtype, data, files, epochs: 3 };
}

const divided = { inputs: { image: { scale: { divide: 255 } } } };
const oneSplit: ModelSpec = {
  ...bars,
  name: "one",
  training: { ...bars.training, test: { fraction: 0.25 } },
  data: {
    idx: Object.fromEntries(
      Object.keys({ ...bars.inputs, ...bars.targets }).map((name) => [name, `bars/train/${name}`]),
    ),
    ...divided,
  },
};

// CSV files.

const rowsOf = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => {
    const x = Math.sin((from + i) * 1.7);
    return `${i % 7 === 3 ? "NA" : x.toFixed(4)},${(x * i).toFixed(3)},${["red", "green"][i % 2]},${i % 3 === 0 ? "rare" : "common"}`;
  });
const header = "x,z,colour,label";
const table = (count: number, from: number) => [header, ...rowsOf(count, from)].join("\n");
write("train.csv", table(50, 0));
write("validation.csv", table(20, 100));
// Columns may have another order.
write(
  "test.csv",
  table(20, 200)
    .split("\n")
    .map((line) => line.split(",").reverse().join(","))
    .join("\n"),
);

const tables: ModelSpec = {
  name: "tables",
  inputs: { numbers: { shape: [2] }, colour: { shape: [2] } },
  targets: { label: { classes: 2 } },
  network: [
    { type: "concat", from: ["numbers", "colour"] },
    { type: "dense", units: 2 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.02 },
  training: { epochs: 3, batchSize: 8, seed: 3, earlyStopping: { patience: 5 } },
  data: {
    train: "train.csv",
    validation: "validation.csv",
    test: "test.csv",
    inputs: {
      numbers: { columns: ["x..z"], scale: "standard", missing: "drop" },
      colour: { columns: ["colour"], categories: "one-hot" },
    },
    targets: { label: { columns: ["label"] } },
  },
};
const withTest: ModelSpec = {
  ...tables,
  name: "tested",
  training: { ...tables.training, validation: { fraction: 0.2 } },
  data: { ...tables.data, validation: undefined } as ModelSpec["data"],
};
const withValidation: ModelSpec = {
  ...tables,
  name: "validated",
  training: { ...tables.training, test: { fraction: 0.2 } },
  data: { ...tables.data, test: undefined } as ModelSpec["data"],
};

// Columns of words, open categories, formatted numbers, and splits by rules.

const phrases = [
  "Good, GOOD food!",
  "don’t go; bad",
  "Ça va bien 2x",
  "bad\u00a0food \ud83d\ude00",
  "e\u0301te\u0301 isn't bad",
];
const reviews = Array.from({ length: 60 }, (_, i) => {
  const price = `${1 + (i % 3)}.${String((i * 37) % 1000).padStart(3, "0")},${i % 10}`;
  const colour = i % 9 === 4 ? "n/a" : i === 17 ? "violet" : ["red", "green", "blue"][(i * i) % 3];
  const split = i % 5 === 1 ? "test" : i % 5 === 2 ? "validation" : "train";
  const text = `"${phrases[i % 5]} ${phrases[(i * 3) % 5]}"`;
  return [text, price, colour, `u${(i * 7) % 13}`, split, i % 4 === 0 ? "yes" : "no"].join(";");
});
write("reviews.csv", ["text;price;colour;user;split;label", ...reviews].join("\n"));

const opinions: ModelSpec = {
  name: "opinions",
  inputs: {
    text: { shape: [12], dtype: "i32" },
    price: { shape: [1] },
    colour: { shape: [4] },
    code: { shape: [1], dtype: "i32" },
  },
  targets: { label: { classes: 2 } },
  network: [
    { type: "embedding", from: "text", vocabulary: 9, units: 3 },
    { type: "gru", name: "read", units: 3 },
    { type: "embedding", name: "coded", from: "code", vocabulary: 6, units: 2 },
    { type: "flatten", name: "flat" },
    { type: "concat", from: ["read", "price", "colour", "flat"] },
    { type: "dense", units: 2 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.02 },
  training: { epochs: 3, batchSize: 8, seed: 3, validation: { last: 0.2 }, test: { fraction: 0.2 } },
  data: {
    file: "reviews.csv",
    separator: ";",
    numbers: { decimal: ",", thousands: "." },
    inputs: {
      text: { columns: ["text"], words: { length: 12, cut: true } },
      price: { columns: ["price"], scale: "standard" },
      colour: { columns: ["colour"], categories: "one-hot", missing: "category", unseen: "category" },
      code: { columns: ["colour"], categories: "index", missing: "category", minCount: 3 },
    },
    targets: { label: { columns: ["label"] } },
  },
} as ModelSpec;
const splitBy = (name: string, rules: Pick<ModelSpec["training"], "test" | "validation">): ModelSpec => ({
  ...opinions,
  name,
  training: { epochs: 2, batchSize: 8, seed: 4, ...rules },
});

/** The next word at each position. */
const continuation: ModelSpec = {
  ...opinions,
  name: "continuation",
  inputs: { text: { shape: [7], dtype: "i32" } },
  targets: { next: { classes: 14, shape: [7] } },
  network: [
    { type: "embedding", vocabulary: 14, units: 4 },
    { type: "gru", units: 4, returnSequences: true },
    { type: "dense", units: 14 },
  ],
  data: {
    file: "reviews.csv",
    separator: ";",
    inputs: { text: { columns: ["text"], words: { length: 7, lowerCase: true, cut: true } } },
    targets: { next: { nextOf: "text" } },
  },
} as ModelSpec;

const ruled = [
  opinions,
  continuation,
  splitBy("columns", { test: { column: "split" }, validation: { column: "split" } }),
  splitBy("values", { test: { column: "user", value: "u3" }, validation: { group: "user", fraction: 0.2 } }),
  splitBy("groups", { test: { group: "user", fraction: 0.2 }, validation: { group: "user", fraction: 0.3 } }),
];

describe.skipIf(lacksTorch())("the program trains like the emitted trainer", () => {
  it("on IDX files, in f64 and f32", async () => {
    await expectAllSame(folder, [await onFiles(bars, "f64"), await onFiles(oneSplit, "f64")], 9);
    const wide = { ...bars, name: "wide", data: { ...bars.data, ...divided } as ModelSpec["data"] };
    await expectAllSame(folder, [await onFiles(wide, "f32")], 4);
  });

  it("on separate files for validation and test rows", async () => {
    const specs = [tables, withTest, withValidation];
    await expectAllSame(folder, await Promise.all(specs.map((spec) => onFiles(spec, "f64"))), 9);
  });

  it("on words, open categories and formatted numbers, with splits by rules", async () => {
    await expectAllSame(folder, await Promise.all(ruled.map((spec) => onFiles(spec, "f64"))), 9);
  });

  it("and both write the same preprocessing into checkpoints", async () => {
    const place = workspace();
    const runs: Run[] = [];
    for (const spec of [bars, tables, opinions]) {
      const { data, files = [] } = await onFiles(spec, "f64");
      const [file, own, other] = [".json", "-own.safetensors", "-other.safetensors"].map((ending) =>
        join(folder, spec.name + ending),
      );
      const trained = await place.run("train", file, "--dtype", "f64", "--epochs", "1", "--out", other);
      expect(trained).toMatchObject({ code: 0 });
      const run = { model: parseModel(spec), dtype: "f64" as const };
      const args = ["--data", data, ...files];
      runs.push({ ...run, args: [...args, "--epochs", "1", "--out", own] });
      runs.push({ ...run, args: [...args, "--epochs", "2", "--resume", other] });
    }
    place.remove();
    const found = await runPrograms(folder, runs);
    expect(found.filter(({ status }) => status !== 0)).toEqual([]);
    for (const { name } of [bars, tables, opinions]) {
      const [fields, expected] = ["own", "other"].map((side) => fieldsIn(`${name}-${side}.safetensors`));
      expect(fields).toEqual(expected);
    }
  });
});

/** The preprocessing in a checkpoint. */
function fieldsIn(name: string): unknown {
  const { facts } = safetensors.decode(readFileSync(join(folder, name)));
  return JSON.parse(facts?.notes ?? "{}").fields ?? "none";
}

/** Specs, the first row of their file, and what is wrong with one of them. */
const wrongReviews: readonly (readonly [spec: ModelSpec, row: string, message: string])[] = [
  [opinions, "good;1.5,0;red;u1;train;yes", ':2: column "price": "1.5,0" is not a number'],
  [opinions, "good;1,5.000;red;u1;train;yes", ':2: column "price": "1,5.000" is not a number'],
  [opinions, ";2;red;u1;train;yes", ':2: column "text": the cell is empty'],
  [
    splitBy("a", { test: { column: "split" } }),
    "good;1;red;u1;tset;yes",
    ':2: column "split": "tset" is not a split of the spec: write train or test',
  ],
  [
    splitBy("b", { test: { column: "user", value: "u99" } }),
    "good;1;red;u0;train;yes",
    'no cell of the column "user" is "u99"',
  ],
  [
    splitBy("c", { test: { group: "user", fraction: 0.2 } }),
    "good;1;red; ;train;yes",
    ':2: column "user": the cell is empty, so the row has no group',
  ],
  [
    splitBy("d", { test: { group: "user", fraction: 0.97 } }),
    "good;1;red;u1;train;yes",
    'the column "user" has 13 groups, 13 of them in no other split: a split needs 13, and training one',
  ],
  [splitBy("e", { test: { last: 0.999 } }), "good;1;red;u1;train;yes", "the other splits need all 60 rows"],
  [
    { ...opinions, data: JSON.parse(JSON.stringify(opinions.data).replace('"cut":true', '"cut":false')) },
    "a b c d e f g h i j k l;1;red;u1;train;yes",
    ':2: column "text": the text has 12 words; the most are 11',
  ],
];

// Wrong files.

const kind = idxBytes(0x08, [60], kinds(60));
const wrongFiles: readonly (readonly [what: string, name: string, bytes: Uint8Array, message: string])[] = [
  ["nothing", "kind", Uint8Array.of(), "this is not an IDX file: its first bytes are missing"],
  ["text", "kind", Buffer.from("p0,p1\n"), "this is not an IDX file: its first bytes are 112 48 44 112"],
  [
    "an unknown type",
    "kind",
    idxBytes(0x0a, [1], [1]),
    "this is not an IDX file: its first bytes are 0 0 10 1",
  ],
  ["no axes", "kind", idxBytes(0x08, [], []), "this is not an IDX file: its first bytes are 0 0 8 0"],
  ["half a header", "kind", kind.subarray(0, 6), "the file is truncated: it has 6 bytes"],
  [
    "a short file",
    "kind",
    kind.subarray(0, 40),
    "the file is truncated: 60 numbers need 68 bytes, but it has 40",
  ],
  [
    "a long file",
    "kind",
    Buffer.concat([kind, kind]),
    "the file has extra bytes: 60 numbers need 68 bytes, but it has 136",
  ],
  ["no items", "kind", idxBytes(0x08, [0], []), "the file has no items"],
  [
    "a huge declaration",
    "kind",
    idxBytes(
      0x0e,
      Array.from({ length: 255 }, () => 0xffffffff),
      [],
    ),
    "the file is truncated: 4294967295\u00d74294967295\u00d7",
  ],
  [
    "another shape",
    "image",
    idxBytes(0x08, [60, 2, 8], pixels(60)),
    "the items have the shape [2, 8], but image has [4, 4, 1]",
  ],
  [
    "a class for each pixel",
    "kind",
    idxBytes(0x08, [30, 2], kinds(60)),
    "the items have the shape [2], but kind has []",
  ],
  [
    "an item too few",
    "kind",
    idxBytes(0x08, [59], kinds(59)),
    "the file has 59 items, but that of level has 60",
  ],
  [
    "a class too many",
    "kind",
    idxBytes(0x08, [60], kinds(60).fill(7, 8, 9)),
    "item 8: 7 is not a class from 0 to 2 (or -1: ignored)",
  ],
  [
    "an index too many",
    "tone",
    idxBytes(0x08, [60, 2], kinds(120).fill(4, 3, 4)),
    "item 1: 4 is not an index from 0 to 3",
  ],
  [
    "a negative weight",
    "weight",
    idxBytes(0x09, [60], weights(60).fill(255, 5, 6)),
    "item 5: -1 is not a weight of at least 0",
  ],
  [
    "no number",
    "level",
    idxBytes(0x0d, [60, 1], [0x7f, 0xc0, 0, 0, ...floats(59)]),
    "item 0: nan is not a number",
  ],
  [
    "a number too large for f32",
    "level",
    idxBytes(0x0e, [60, 1], [0x7f, 0xe0, 0, 0, 0, 0, 0, 0, ...new Array<number>(59 * 8).fill(0)]),
    "item 0: 8.98847e+307 is not in the range of the type",
  ],
  ["half a gzip file", "kind", gzipSync(kind).subarray(0, 20), "the gzip data is damaged or truncated"],
  ["a damaged gzip file", "kind", gzipSync(kind).fill(255, 14, 20), "the gzip data is damaged or truncated"],
  [
    "a gzip file that grows",
    "kind",
    gzipSync(Buffer.concat([kind, new Uint8Array(2 ** 28)])),
    "the gzip data unpacks to more than 268435456 bytes: unpack the file first, which lifts this limit",
  ],
];

describe.skipIf(lacksTorch())("the program", () => {
  it("reports wrong IDX files by name, without a stack trace", async () => {
    const model = parseModel({ ...bars, data: { ...bars.data, ...divided } as ModelSpec["data"] });
    const places = wrongFiles.map(([, name, bytes], i) => {
      const place = `wrong${i}`;
      writeBars(`${place}/train`, 60, (content) => content);
      writeBars(`${place}/test`, 20, (content) => content);
      write(`${place}/train/${name}`, bytes);
      return join(folder, place);
    });
    const runs = [...places, join(folder, "none")].map((place) => ({
      model,
      dtype: "f32" as const,
      args: ["--data", place],
    }));
    const found = await runPrograms(folder, runs);
    const expected = [
      ...wrongFiles.map(([, name, , message], i) => `error: ${places[i]}/train/${name}: ${message}`),
      `error: cannot read ${folder}/none/train/image: No such file or directory`,
    ];
    expect(found.map(({ stderr }, i) => stderr.trim().slice(0, expected[i].length))).toEqual(expected);
    expect(found.map(({ status }) => status)).toEqual(expected.map(() => 2));
  });

  it("reports wrong texts, numbers and splits, without a stack trace", async () => {
    const runs = wrongReviews.map(([spec, row], i): Run => {
      const lines = ["text;price;colour;user;split;label", row, ...reviews.slice(1)];
      const args = ["--data", write(`reviews${i}.csv`, lines.join("\n"))];
      return { model: parseModel(spec), dtype: "f32", args };
    });
    const found = await runPrograms(folder, runs);
    found.forEach(({ status, stderr }, i) => {
      expect(stderr).toContain(wrongReviews[i][2]);
      expect(stderr).not.toContain("Traceback");
      expect(status).toBe(2);
    });
  });

  it("reports errors in the files of other splits", async () => {
    const model = parseModel(tables);
    const on = (...args: readonly string[]) => ({ model, dtype: "f32" as const, args });
    const [train, validation, test] = ["train", "validation", "test"].map((name) =>
      join(folder, `${name}.csv`),
    );
    const named = write("named.csv", table(20, 0).replace("colour", "shade"));
    const unknown = write("unknown.csv", `${table(20, 0)}\n1,2,red,other`);
    const found = await runPrograms(folder, [
      on("--data", train),
      on("--data", train, "--validation", validation, "--test", named),
      on("--data", train, "--validation", unknown, "--test", test),
      on("--data", train, "--validation", join(folder, "none.csv"), "--test", test),
    ]);
    const messages = [
      "the following arguments are required: --validation, --test",
      `error: ${named}: there is no column "colour"`,
      `error: ${unknown}:22: column "label": "other" is not one of the classes common, rare`,
      `error: cannot read ${folder}/none.csv: No such file or directory`,
    ];
    found.forEach(({ status, stderr }, i) => {
      expect(stderr).toContain(messages[i]);
      expect(stderr).not.toContain("Traceback");
      expect(status).toBe(2);
    });
  });
});

describe("emitted PyTorch files", () => {
  it("contain only what reads the files of their spec", () => {
    const textOf = (spec: ModelSpec): string => emitPytorch({ model: parseModel(spec) }, "f32").text;
    const ofIdx = ["import gzip", "def read_idx(", "class IdxNumbers:", "IDX_FILES"];
    const ofTables = ["import csv", "class Table:", "SEPARATOR"];
    const ofOthers = ["def check_columns(", "others = {", '"--test"'];
    const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      [textOf(bars), ofIdx, [...ofTables, "def check_columns(", '"--test"']],
      [textOf(oneSplit), ofIdx, [...ofTables, ...ofOthers, "scale_of("]],
      [textOf(tables), [...ofTables, ...ofOthers], ofIdx],
      [
        textOf({
          ...tables,
          data: {
            ...tables.data,
            train: undefined,
            test: undefined,
            validation: undefined,
            file: "x.csv",
          } as ModelSpec["data"],
        }),
        ofTables,
        [...ofIdx, ...ofOthers],
      ],
    ];
    for (const [text, has, lacks] of cases) {
      expect(has.filter((part) => !text.includes(part))).toEqual([]);
      expect(lacks.filter((part) => text.includes(part))).toEqual([]);
      expect(text.split("\n").filter((line) => line.length > 120)).toEqual([]);
    }
  });
});
