// A test split from a separate file, which must be read exactly like the training file. If a test fails, the
// test file gets its own classes, columns or scales, which makes its metrics meaningless.
import { expect, test } from "vitest";
import type { DataFacts } from "../../../src/runtime/data/fields.ts";
import { InputError } from "../../../src/runtime/step/errors.ts";
import type { ModelFacts } from "../../../src/runtime/model/facts.ts";
import type { Batch } from "../../../src/runtime/step/batch.ts";
import { prepareTable } from "../../support/prepare-table.ts";
import { model as lineModel, training } from "../linear-machine.ts";

const model: ModelFacts = {
  ...lineModel,
  inputs: { size: { shape: [2], dtype: "f32" } },
  targets: { kind: { shape: [], classes: 3 } },
};
const data: DataFacts = {
  inputs: { size: { columns: ["a..b"], scale: "min-max" } },
  targets: { kind: { columns: ["kind"] } },
};
const text = "a,b,kind\n0,10,rose\n4,30,iris\n2,20,lily\n";
const tested = (of: string, from = text): Batch =>
  prepareTable(model, data, training, 7, from, { test: of }).test ?? {};

test("scales and class numbers are those of the training file", () => {
  expect(tested("a,b,kind\n8,10,rose\n2,40,rose\n")).toEqual({
    size: Float64Array.of(2, 0, 0.5, 1.5),
    kind: Int32Array.of(2, 2),
  });
});

test("columns are found by name: another order, and other columns inside a range, change nothing", () => {
  expect(tested("kind,b,id,a\nlily,10,1,8\n")).toEqual({
    size: Float64Array.of(2, 0),
    kind: Int32Array.of(1),
  });
});

test("numeric classes stay numeric, whatever the test file contains", () => {
  const numbers = "a,b,kind\n0,1,0\n1,2,2\n";
  expect(tested("a,b,kind\n0,1,1\n", numbers)["kind"]).toEqual(Int32Array.of(1));
  expect(() => tested("a,b,kind\n0,1,rose\n", numbers)).toThrow('column "kind": "rose" is not a number');
  expect(() => tested("a,b,kind\n0,1,3\n", numbers)).toThrow('column "kind": 3 is not a class from 0 to 2');
});

test.each<[string, string, string, number]>([
  [
    "a class that training does not know",
    "a,b,kind\n1,2,iris\n1,2,oak\n",
    'column "kind": "oak" is not one of the classes iris, lily, rose',
    3,
  ],
  ["a number for a class", "a,b,kind\n1,2,0\n", 'column "kind": "0" is not one of the classes', 2],
  ["a missing class", "a,b,kind\n1,2,iris\n1,2,\n", 'column "kind": the cell is empty', 3],
  ["a missing column", "a,c,kind\n1,2,iris\n", 'size needs the column "b", but the data has a, c, kind', 1],
  ["text among numbers", "a,b,kind\n1,two,iris\n", 'column "b": "two" is not a number', 2],
])("%s is an error with its line", (_, of, message, line) => {
  let caught: unknown;
  try {
    tested(of);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(InputError);
  expect(caught).toMatchObject({ line });
  expect(String(caught)).toContain(message);
});
