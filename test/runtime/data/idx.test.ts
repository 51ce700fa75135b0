// Reading IDX files. If a test fails, a wrong byte order, a shifted image or a missing label silently trains
// on noise.
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { idxTable, itemsOf, parseIdx, unpacked } from "../../../src/runtime/data/idx.ts";
import type { IdxArray } from "../../../src/runtime/data/idx.ts";
import type { DataFacts } from "../../../src/runtime/data/fields.ts";
import type { ModelFacts, TrainingFacts } from "../../../src/runtime/model/facts.ts";
import type { ScaleRule } from "../../../src/runtime/data/fields.ts";
import { prepareTable } from "../../support/prepare-table.ts";
import { idxBytes } from "../../support/idx-bytes.ts";
import { model as lineModel, training } from "../linear-machine.ts";

test.each([
  ["unsigned bytes", 0x08, [0, 255], [0, 255]],
  ["signed bytes", 0x09, [1, 255], [1, -1]],
  ["16 bits", 0x0b, [1, 2, 255, 254], [258, -2]],
  ["32 bits", 0x0c, [0, 1, 0, 2, 255, 255, 255, 255], [65538, -1]],
  ["floats", 0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], [1, -2.5]],
  ["doubles", 0x0e, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xbf, 0xe0, 0, 0, 0, 0, 0, 0], [1.5, -0.5]],
])("%s, the largest byte first", (_, type, bytes, numbers) => {
  const { shape, numbers: found } = parseIdx(idxBytes(type, [2, 1], bytes));
  expect({ shape, found: [...found] }).toEqual({ shape: [2, 1], found: numbers });
});

test("a view into a larger buffer is read from its own start", () => {
  const bytes = Uint8Array.from([9, 9, 9, ...idxBytes(0x0b, [1], [1, 0])]);
  expect([...parseIdx(bytes.subarray(3)).numbers]).toEqual([256]);
});

test.each([
  ["nothing", Uint8Array.of(), "this is not an IDX file: its first bytes are missing"],
  ["text", new TextEncoder().encode("p0,p1\n"), "this is not an IDX file: its first bytes are 112 48 44 112"],
  ["an unknown type", idxBytes(0x0a, [1], [1]), "this is not an IDX file: its first bytes are 0 0 10 1"],
  ["no dimensions", idxBytes(0x08, [], []), "this is not an IDX file: its first bytes are 0 0 8 0"],
  ["half a header", idxBytes(0x08, [2, 2], []).subarray(0, 9), "the file is truncated: it has 9 bytes"],
  ["two bytes", Uint8Array.of(0, 0), "this is not an IDX file: its first bytes are 0 0"],
  [
    "a number too few",
    idxBytes(0x08, [2, 2], [1, 2, 3]),
    "the file is truncated: 2×2 numbers need 16 bytes, but it has 15",
  ],
  [
    "a number too many",
    idxBytes(0x08, [2], [1, 2, 3]),
    "the file has extra bytes: 2 numbers need 10 bytes, but it has 11",
  ],
  ["no items", idxBytes(0x08, [0, 2], []), "the file has no items"],
])("%s is rejected", (_, bytes, message) => {
  expect(() => parseIdx(bytes)).toThrow(message);
});

const model: ModelFacts = {
  ...lineModel,
  inputs: { pixels: { shape: [2, 3, 1], dtype: "f32" } },
  targets: { digit: { shape: [], classes: 4 } },
};
const pixels = idxBytes(0x08, [2, 2, 3], [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]);
const digit = idxBytes(0x08, [2], [3, 1]);

type Files = Readonly<Record<string, IdxArray>>;
const part: Files = {
  digit: itemsOf(model, "digit", digit),
  pixels: itemsOf(model, "pixels", pixels, { name: "digit", items: 2 }),
};
const prepared = (of: ModelFacts, data: DataFacts, facts: TrainingFacts, files: Files, test?: Files) =>
  prepareTable(of, data, facts, 7, idxTable(files), {
    test: test && idxTable(test),
  });
const scaled = (scale: ScaleRule) => ({ inputs: { pixels: { columns: ["pixels"], scale } }, targets: {} });

test("items become scaled rows with their labels, and test files have the scale of the training split", () => {
  const f64: ModelFacts = { ...model, dtype: "f64" };
  const { train } = prepared(f64, scaled({ divide: 10 }), training, part);
  expect(train).toEqual({
    pixels: Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    digit: Int32Array.of(3, 1),
  });
  const other: Files = {
    pixels: itemsOf(model, "pixels", idxBytes(0x08, [1, 2, 3], [60, 10, 80, 0, 100, 110])),
    digit: itemsOf(model, "digit", idxBytes(0x08, [1], [2])),
  };
  // Each element is scaled separately, from 0 for its smaller value to 1 for its larger; the test value is
  // larger by 60 everywhere.
  const { test: tested } = prepared(f64, scaled("min-max"), training, part, other);
  expect(tested).toEqual({
    pixels: Float64Array.of(1, 0, 1, -0.5, 1, 1),
    digit: Int32Array.of(2),
  });
});

test("splits are fractions of all items, with classes in proportion", () => {
  const count = 40;
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const flat: ModelFacts = { ...model, inputs: { pixels: { shape: [], dtype: "f32" } } };
  const facts = { ...training, stratify: true, validation: 0.25, test: 0.25 };
  const files: Files = {
    pixels: itemsOf(flat, "pixels", idxBytes(0x08, [count], [...labels.keys()])),
    digit: itemsOf(flat, "digit", idxBytes(0x08, [count], labels)),
  };
  const dataset = prepared(flat, { inputs: {}, targets: {} }, facts, files);
  const parts = [dataset.train, dataset.validation, dataset.test].map((batch) => batch ?? {});
  expect(parts.map(({ digit }) => digit.length)).toEqual([20, 10, 10]);
  for (const { digit, pixels } of parts) {
    expect(Array.from(digit).filter((label) => label === 1)).toHaveLength(digit.length / 2);
    expect(Array.from(pixels, (row) => row % 2)).toEqual(Array.from(digit));
  }
  expect(new Set(parts.flatMap(({ pixels }) => Array.from(pixels))).size).toBe(count);
});

test.each<[string, string, Uint8Array, string]>([
  [
    "another shape",
    "pixels",
    idxBytes(0x08, [1, 3, 2], [1, 2, 3, 4, 5, 6]),
    "the items have the shape [3, 2], but pixels has [2, 3, 1]",
  ],
  [
    "a flat file for a box",
    "pixels",
    idxBytes(0x08, [1, 6], [1, 2, 3, 4, 5, 6]),
    "the items have the shape [6], but pixels has [2, 3, 1]",
  ],
  [
    "a list of lists for one class",
    "digit",
    idxBytes(0x08, [1, 2], [1, 2]),
    "the items have the shape [2], but digit has []",
  ],
  ["a class too many", "digit", idxBytes(0x08, [3], [1, 2, 4]), "item 2: 4 is not a class from 0 to 3"],
  [
    "no number",
    "pixels",
    idxBytes(0x0d, [1, 2, 3], [0x7f, 0xc0, 0, 0, ...new Array<number>(20).fill(0)]),
    "item 0: NaN is not a number",
  ],
])("%s is reported", (_, name, bytes, message) => {
  expect(() => itemsOf(model, name, bytes)).toThrow(message);
});

test("different numbers of items are reported with both numbers", () => {
  expect(() => itemsOf(model, "digit", digit, { name: "pixels", items: 3 })).toThrow(
    "the file has 2 items, but that of pixels has 3",
  );
});

test("a flat shape takes items of any shape, and an axis of length 1 does not matter", () => {
  const flat: ModelFacts = { ...model, inputs: { pixels: { shape: [6], dtype: "f32" } } };
  expect(itemsOf(flat, "pixels", pixels).shape).toEqual([2, 2, 3]);
  expect(itemsOf(model, "pixels", pixels).shape).toEqual([2, 2, 3]);
});

test("indices must be in the vocabulary", () => {
  const indices: ModelFacts = { ...model, inputs: { pixels: { shape: [2], dtype: "i32", vocabulary: 3 } } };
  const bytes = idxBytes(0x08, [2, 2], [0, 1, 2, 3]);
  expect(() => itemsOf(indices, "pixels", bytes)).toThrow("item 1: 3 is not an index from 0 to 2");
});

test("gzip data is unpacked, and incomplete data is rejected", async () => {
  expect(await unpacked(pixels)).toBe(pixels);
  const packed = gzipSync(pixels);
  expect(await unpacked(packed)).toEqual(pixels);
  await expect(unpacked(packed.subarray(0, 30))).rejects.toThrow("the gzip data is damaged or truncated");
});
