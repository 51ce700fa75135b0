// The division of all rows outside the test split into folds, with each class divided evenly. If a test
// fails, a row in the wrong fold makes every result look better than it is.
import fc from "fast-check";
import { expect, test } from "vitest";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import { dealRows, foldsOf } from "../../../src/runtime/training/folds.ts";
import type { Run } from "../../../src/runtime/training/train-on.ts";
import { parseCsv } from "../../support/parse-csv.ts";
import { splitRows } from "../../../src/runtime/data/split.ts";
import { lineData, linearTrainer, model, training } from "../linear-machine.ts";

const spread = (numbers: number[]): number => Math.max(...numbers) - Math.min(...numbers);

test("folds are disjoint and complete; their sizes, and their counts of each class, differ by at most one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 10, maxLength: 200 }),
      fc.integer({ min: 2, max: 10 }),
      fc.nat(1000),
      fc.boolean(),
      (labels, count, seed, stratified) => {
        // Every seventh row belongs to the test split.
        const rows = Int32Array.from(labels.keys()).filter((row) => row % 7 !== 3);
        fc.pre(count <= rows.length);
        const folds = dealRows(rows, count, seed, stratified ? labels : undefined);
        const all = folds.flatMap((fold) => [...fold]);
        expect(all.sort((a, b) => a - b)).toEqual([...rows]);
        expect(spread(folds.map((fold) => fold.length))).toBeLessThanOrEqual(1);
        if (!stratified) return;
        for (const label of new Set(labels)) {
          const members = folds.map((fold) => fold.filter((row) => labels[row] === label).length);
          expect(spread(members)).toBeLessThanOrEqual(1);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("the folds follow from the seed; rows of a fold keep the order of the file", () => {
  const rows = Int32Array.from({ length: 60 }, (_, i) => 2 * i);
  expect(dealRows(rows, 4, 1)).toEqual(dealRows(rows, 4, 1));
  expect(dealRows(rows, 4, 1)).not.toEqual(dealRows(rows, 4, 2));
  for (const fold of dealRows(rows, 4, 1)) expect(fold).toEqual(fold.slice().sort());
});

test("as many folds as rows leave one out at a time; more are an error", () => {
  const rows = Int32Array.from([3, 5, 8]);
  const left = dealRows(rows, 3, 1).map(([row, ...others]) => [row, others.length]);
  expect(left.sort()).toEqual([
    [3, 0],
    [5, 0],
    [8, 0],
  ]);
  expect(() => dealRows(rows, 4, 1)).toThrow(
    "4 folds need at least 4 rows outside the test split, but there are 3",
  );
});

/** A run for tests that only divide rows; warnings are thrown. */
function cutting(csv: string, folds: number, others: Partial<Run> = {}): Run {
  return {
    model,
    training: { ...training, test: 0.2, folds },
    data: {
      inputs: { x: { columns: ["u", "v"], scale: "standard" } },
      targets: { y: { columns: ["y"], scale: "min-max" } },
    },
    encoders: { columns: columnEncoder },
    source: { file: "line.csv", table: parseCsv(csv) },
    locateErrors: (_, work) => work(),
    epochs: 3,
    trainer: linearTrainer({ seed: 7 }),
    createTrainer: linearTrainer,
    train: () => Promise.reject(new Error("nothing is to be trained")),
    warn: (text) => {
      throw new Error(`warned: ${text}`);
    },
    ...others,
  };
}

const { x, y } = lineData(50);
/** The folds of line data, in which the rows that `isOther` selects have extreme values. */
const foldsWith = (isOther: (row: number) => boolean) => {
  const rows = y.map((value, i) => (isOther(i) ? "-1e9,3e7,1e12" : `${x[2 * i]},${x[2 * i + 1]},${value}`));
  return foldsOf(cutting(`u,v,y\n${rows.join("\n")}\n`, 4));
};

test("no fold has a row of the test split, and the scales of a fold are those of its training rows", () => {
  const tested = new Set(splitRows(50, { ...training, test: 0.2 }, 7).test);
  const open = Int32Array.from({ length: 50 }, (_, row) => row).filter((row) => !tested.has(row));
  const held = dealRows(open, 4, 7);
  foldsWith(() => false).forEach((dataset, fold) => {
    const clean = dataset();
    expect(Object.keys(clean).sort()).toEqual(["fields", "train", "validation"]);
    expect([clean.train.y.length, clean.validation?.y.length]).toEqual([30, 10]);
    // Outliers in the test split and in the fold itself must not change what is fitted.
    const own = new Set(held[fold]);
    const poisoned = foldsWith((row) => tested.has(row) || own.has(row))[fold]();
    expect(poisoned.fields).toEqual(clean.fields);
    expect(poisoned.train).toEqual(clean.train);
    expect(poisoned.validation).not.toEqual(clean.validation);
    expect(foldsWith((row) => tested.has(row))[fold]()).toEqual(clean);
  });
});

/** A run with two inputs, and a class given by name or number. */
const classesOf = (labels: readonly (string | number)[], classes: number, folds: number): Run =>
  cutting(`u,v,y\n${labels.map((label, i) => `${i},${-i},${label}`).join("\n")}\n`, folds, {
    model: { ...model, targets: { y: { shape: [], classes } } },
    training: { ...training, stratify: true, folds },
    data: { inputs: { x: { columns: ["u", "v"] } }, targets: { y: { columns: ["y"] } } },
  });

test("a class that is too rare for all folds is reported by name; ignored rows, and folds of one row, are not", () => {
  const pets = ["cat", "cat", "dog", "cat", "cat", "emu", "emu", "cat"];
  expect(() => foldsOf(classesOf(pets, 3, 4))).toThrow(
    'warned: some of the 4 folds have no row of a rare class: outside the test split, "dog" has 1, "emu" has 2',
  );
  expect(() => foldsOf(classesOf([0, 1, 1, 1, 0, 1], 2, 3))).toThrow('"0" has 2');
  expect(foldsOf(classesOf([0, 1, 1, 0, -1], 2, 2))).toHaveLength(2);
  expect(foldsOf(classesOf(pets, 3, 8))).toHaveLength(8);
});

test("a fold in which all targets are ignored is an error that names the fold", () => {
  const folds = foldsOf(classesOf([0, -1, 1, 0], 2, 4));
  const messages = folds.map((dataset) => {
    try {
      return Object.keys(dataset());
    } catch (error) {
      return String(error);
    }
  });
  expect(messages.filter((message) => typeof message === "string")).toEqual([
    "InputError: in fold 1: no validation row of this fold has a y; use fewer folds, so that each has more rows",
  ]);
});

/** A run with two targets: the class `kind`, whose rows are given, and the class `other`. */
const twoTargets = (kinds: readonly (string | number)[], others: readonly number[], folds: number): Run =>
  cutting(
    `u,v,kind,other\n${kinds.map((kind, i) => `${i},${-i},${kind},${others[i]}`).join("\n")}\n`,
    folds,
    {
      model: {
        ...model,
        targets: { kind: { shape: [], classes: 3 }, other: { shape: [], classes: 2 } },
      },
      training: { ...training, stratify: true, folds },
      data: {
        inputs: { x: { columns: ["u", "v"] } },
        targets: { kind: { columns: ["kind"] }, other: { columns: ["other"] } },
      },
    },
  );

test("of several targets, the first one stratifies the folds, and its rare classes are reported by name", () => {
  const kinds = Array.from({ length: 30 }, (_, i) => i % 3);
  const others = kinds.map((_, i) => (i < 15 ? 0 : 1));
  for (const dataset of foldsOf(twoTargets(kinds, others, 5))) {
    const { validation } = dataset();
    const labels = Array.from(validation?.["kind"] ?? []).sort((a, b) => a - b);
    expect(labels).toEqual([0, 0, 1, 1, 2, 2]);
    expect(validation?.["other"]).toHaveLength(6);
  }
  const pets = ["cat", "cat", "dog", "cat", "cat", "emu", "emu", "cat"];
  expect(() => foldsOf(twoTargets(pets, [0, 1, 0, 1, 0, 1, 0, 1], 4))).toThrow(
    'outside the test split, "dog" has 1, "emu" has 2',
  );
});

test("a fold without a label of any one target is an error that names this target", () => {
  const kinds = Array.from({ length: 9 }, (_, i) => i % 3);
  const others = kinds.map((_, i) => (i === 0 ? 1 : -1));
  const folds = foldsOf(twoTargets(kinds, others, 3));
  expect(() => folds.forEach((dataset) => dataset())).toThrow(
    /^in fold [12]: no validation row of this fold has a other; use fewer folds/,
  );
});

test("an error in a fold's rows is reported with line and fold", () => {
  const folds = foldsOf(
    cutting(`u,v,y\n${"1,2,3\n".repeat(9)}1,2,1e300\n`, 2, {
      training: { ...training, folds: 2 },
      model: { ...model, dtype: "f32" },
    }),
  );
  expect(() => folds.forEach((dataset) => dataset())).toThrow(
    /^in fold \d: column "y": 1e\+?300.* is too large for f32$/,
  );
});
