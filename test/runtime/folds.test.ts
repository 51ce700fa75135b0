// Folds must share out the rows beside the test part, each class evenly; a row in the wrong place flatters every figure.
import fc from "fast-check";
import { expect, test } from "vitest";
import { columnCodec } from "../../src/runtime/column-codec.ts";
import type { Preparing } from "../../src/runtime/dataset.ts";
import { dealRows, foldsOf } from "../../src/runtime/folds.ts";
import { parseCsv } from "../../src/runtime/parse-csv.ts";
import { splitRows } from "../../src/runtime/split.ts";
import { lineData, model, training } from "./linear-machine.ts";

const spread = (numbers: number[]): number => Math.max(...numbers) - Math.min(...numbers);

test("folds are disjoint and complete; their sizes, and their numbers of any class, differ by one at most", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 10, maxLength: 200 }),
      fc.integer({ min: 2, max: 10 }),
      fc.nat(1000),
      fc.boolean(),
      (labels, count, seed, stratified) => {
        // some of the rows are the test's
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

test("the seed decides; rows of a fold keep the file's order", () => {
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
    "4 folds need as many rows, and beside the test part there are 3",
  );
});

const facts = { ...training, test: 0.2, folds: 4 };
const preparing: Preparing = {
  model,
  training: facts,
  data: {
    inputs: { x: { columns: ["u", "v"], scale: "standard" } },
    targets: { y: { columns: ["y"], scale: "min-max" } },
  },
  codecs: { columns: columnCodec },
};
const { x, y } = lineData(50);
/** Where `isOther` says so, the row has nothing of the line. */
const tableWith = (isOther: (row: number) => boolean) =>
  parseCsv(
    `u,v,y\n${y.map((value, i) => (isOther(i) ? "-1e9,3e7,1e12" : `${x[2 * i]},${x[2 * i + 1]},${value}`)).join("\n")}\n`,
  );
const foldsWith = (isOther: (row: number) => boolean) =>
  foldsOf(preparing, { file: "line.csv", table: tableWith(isOther) }, 7, (_, work) => work());

test("no fold has a row of the test part, and its scales are those of its own training rows", () => {
  const tested = new Set(splitRows(50, facts, 7).test);
  const open = Int32Array.from({ length: 50 }, (_, row) => row).filter((row) => !tested.has(row));
  const held = dealRows(open, 4, 7);
  foldsWith(() => false).forEach((dataset, fold) => {
    const clean = dataset();
    expect(Object.keys(clean).sort()).toEqual(["fields", "train", "validation"]);
    expect([clean.train.y.length, clean.validation?.y.length]).toEqual([30, 10]);
    // outliers in the test part and in the fold itself change nothing of what is learned from
    const own = new Set(held[fold]);
    const poisoned = foldsWith((row) => tested.has(row) || own.has(row))[fold]();
    expect(poisoned.fields).toEqual(clean.fields);
    expect(poisoned.train).toEqual(clean.train);
    expect(poisoned.validation).not.toEqual(clean.validation);
    expect(foldsWith((row) => tested.has(row))[fold]()).toEqual(clean);
  });
});
