// The validation of batches. If a test fails, an invalid batch leads to a wrong gradient instead of an error
// with name, row and value.
import { expect, test } from "vitest";
import { InputError } from "../../../src/runtime/step/errors.ts";
import type { ModelFacts } from "../../../src/runtime/model/facts.ts";
import { rowsOf, slotsOf, writeRows } from "../../../src/runtime/step/batch.ts";
import type { Batch } from "../../../src/runtime/step/batch.ts";
import { linearMachine, linearTrainer } from "../linear-machine.ts";

const model: ModelFacts = {
  name: "mixed",
  specHash: "0",
  dtype: "f32",
  target: "ts",
  batchSize: 4,
  parameters: [],
  inputs: {
    x: { shape: [2], dtype: "f32" },
    word: { shape: [], dtype: "i32", vocabulary: 5 },
    raw: { shape: [], dtype: "i32" },
  },
  targets: { kind: { shape: [], classes: 3 } },
};
const views = {
  x: new Float32Array(8),
  word: new Int32Array(4),
  raw: new Int32Array(4),
  kind: new Int32Array(4),
};
const slots = slotsOf(model, { ...linearMachine(0.1), inputs: views });
const good: Batch = { x: [1, 2, 3, 4], word: [0, 4], raw: [-7, 7], kind: [2, -1] };

test("rows are copied in order, or in the order of a list of rows", () => {
  expect(rowsOf(slots, good)).toBe(2);
  writeRows(slots, good, 0, 2);
  expect([...views.x.slice(0, 4)]).toEqual([1, 2, 3, 4]);
  expect([...views.kind.slice(0, 2)]).toEqual([2, -1]);
  writeRows(slots, good, 1, 1, Int32Array.of(1, 0));
  expect([...views.x.slice(0, 2)]).toEqual([1, 2]);
  writeRows(slots, good, 0, 1, Int32Array.of(1, 0));
  expect([...views.x.slice(0, 2)]).toEqual([3, 4]);
});

test("predictions need no targets, and ignore them", () => {
  const { kind: _, ...inputs } = good;
  expect(rowsOf(slots, inputs, true)).toBe(2);
  expect(rowsOf(slots, { ...good, kind: [99] }, true)).toBe(2);
  expect(() => writeRows(slots, inputs, 0, 2, undefined, true)).not.toThrow();
});

test.each<[string, Batch, string]>([
  ["a missing input", { x: [1, 2], raw: [1], kind: [1] }, "word must be an array of numbers, got undefined"],
  ["a missing target", { x: [1, 2], raw: [1], word: [1] }, "kind must be an array of numbers, got undefined"],
  [
    "an unknown name",
    { ...good, kinds: [1] },
    'the batch: unknown key "kinds"; known keys: x, word, raw, kind',
  ],
  [
    "a name of Object.prototype",
    { x: [1, 2], ["toString"]: [1] },
    'the batch: unknown key "toString"; known keys:',
  ],
  ["a broken row", { ...good, x: [1, 2, 3] }, "x has 3 values, not a multiple of the row size 2"],
  ["row counts that differ", { ...good, raw: [1, 2, 3] }, "raw has 3 rows, but x has 2"],
  ["no rows", { x: [], word: [], raw: [], kind: [] }, "the batch has no rows"],
])("%s", (_, batch, message) => {
  expect(() => rowsOf(slots, batch)).toThrow(InputError);
  expect(() => rowsOf(slots, batch)).toThrow(message);
});

test.each<[unknown, string]>([
  [undefined, "the batch must be an object, got undefined"],
  [null, "the batch must be an object, got null"],
  ["data.csv", 'the batch must be an object, got "data.csv"'],
  [{}, "x must be an array of numbers, got undefined"],
  [{ ...good, x: undefined }, "x must be an array of numbers, got undefined"],
  [{ ...good, word: null }, "word must be an array of numbers, got null"],
  [{ ...good, x: "1234" }, 'x must be an array of numbers, got "1234"'],
  [{ ...good, kind: 2 }, "kind must be an array of numbers, got 2"],
  [{ ...good, raw: {} }, "raw must be an array of numbers"],
])("a value that is not an object of arrays is rejected: %j", (batch, message) => {
  // JavaScript code may pass any value, because no type prevents it.
  const rows = () => Reflect.apply(rowsOf, undefined, [slots, batch]);
  expect(rows).toThrow(InputError);
  expect(rows).toThrow(message);
});

test.each<[string, Batch, string]>([
  ["NaN", { ...good, x: [1, 2, 3, NaN] }, "x, row 1: NaN is not a finite number"],
  ["infinity", { ...good, x: [1, -Infinity, 3, 4] }, "x, row 0: -Infinity is not a finite number"],
  [
    "a number that f32 cannot hold",
    { ...good, x: [1, 2, 1e300, 4] },
    "x, row 1: 1e+300 is too large for f32",
  ],
  [
    "a class too high",
    { ...good, kind: [0, 3] },
    "kind, row 1: 3 is not a class from 0 to 2 (or -1: ignored)",
  ],
  ["a class too low", { ...good, kind: [-2, 0] }, "kind, row 0: -2 is not a class from 0 to 2"],
  ["half a class", { ...good, kind: [0.5, 0] }, "kind, row 0: 0.5 is not a class"],
  ["no class", { ...good, kind: [0, NaN] }, "kind, row 1: NaN is not a class"],
  ["an index past the vocabulary", { ...good, word: [0, 5] }, "word, row 1: 5 is not an index from 0 to 4"],
  ["a negative index", { ...good, word: [-1, 0] }, "word, row 0: -1 is not an index from 0 to 4"],
  ["an integer too large", { ...good, raw: [0, 2 ** 31] }, "raw, row 1: 2147483648 is not a 32-bit integer"],
])("%s is rejected with its row", (_, batch, message) => {
  expect(() => writeRows(slots, batch, 0, 2)).toThrow(InputError);
  expect(() => writeRows(slots, batch, 0, 2)).toThrow(message);
});

test.each<[string, unknown, string]>([
  ["null", null, "x, row 0: null is not a number"],
  ["an empty text", "", 'x, row 0: "" is not a number'],
  ["a number as text", "12", 'x, row 0: "12" is not a number'],
  ["true", true, "x, row 0: true is not a number"],
  ["a list", [1], "x, row 0: a value of type object is not a number"],
  ["a bigint", 5n, "x, row 0: 5n is not a number"],
  ["a symbol", Symbol("s"), "x, row 0: Symbol(s) is not a number"],
  [
    "a value that cannot be converted to a string",
    { toString: null },
    "x, row 0: a value of type object is not a number",
  ],
])("%s in a batch is rejected, and not converted to a number", (_, value, message) => {
  for (const at of [1, 3]) {
    const x = [1, 2, 3, 4].map((number, i): unknown => (i === at ? value : number));
    const batch = { ...good, x };
    const write = () => {
      Reflect.apply(rowsOf, undefined, [slots, batch]);
      Reflect.apply(writeRows, undefined, [slots, batch, 0, 2]);
    };
    expect(write).toThrow(InputError);
    expect(write).toThrow(message.replace("row 0", `row ${Math.floor(at / 2)}`));
  }
});

test("arrays of 64-bit integers are rejected by name and row", () => {
  const rows = () => Reflect.apply(rowsOf, undefined, [slots, { ...good, raw: new BigInt64Array(2) }]);
  expect(rows).toThrow(InputError);
  expect(rows).toThrow("raw, row 1: 0n is not a number");
});

test.each([{ length: 1e15 }, { length: -2 }, { length: 2n }, { length: NaN }, { length: "2" }])(
  "a declared length without elements takes no memory: %s",
  (x) => {
    expect(() => Reflect.apply(rowsOf, undefined, [slots, { ...good, x }])).toThrow(InputError);
  },
);

test("inherited properties are not keys of a batch", () => {
  const batch: Batch = Object.assign(Object.create({ extra: [1] }), good);
  expect(rowsOf(slots, batch)).toBe(2);
});

test("if reading an element calls the trainer, the batch is rejected", () => {
  const trainer = linearTrainer();
  const x = [1, 2, 3, 4];
  let calls = 0;
  Object.defineProperty(x, 1, { get: () => (calls++ === 0 ? trainer.predict({ x: [9, 9] })[0] : 2) });
  expect(() => trainer.evaluate({ x, y: [1, 2] })).toThrow("the batch must not call its trainer");
  expect(calls).toBe(1);
  expect(trainer.evaluate({ x, y: [1, 2] })).toEqual(
    linearTrainer().evaluate({ x: [1, 2, 3, 4], y: [1, 2] }),
  );
});
