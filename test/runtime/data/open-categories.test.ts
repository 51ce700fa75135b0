// The categories for missing, unseen and rare values. If a test fails, a missing value is treated as an
// ordinary category, or the model never trains the category that represents unseen values.
import { expect, test } from "vitest";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import type { ColumnFacts } from "../../../src/runtime/data/fields.ts";
import { openCategoryEncoder } from "../../../src/runtime/data/open-category-encoder.ts";
import { prepareTable } from "../../support/prepare-table.ts";
import { model, training } from "../linear-machine.ts";

const prepared = (
  cells: readonly string[],
  facts: Omit<ColumnFacts, "columns"> & { columns?: string[] },
  input: { shape: number[]; vocabulary?: number },
  test?: string,
) =>
  prepareTable(
    { ...model, inputs: { x: { ...input, dtype: facts.categories === "index" ? "i32" : "f32" } } },
    { inputs: { x: { columns: ["kind"], ...facts } }, targets: { y: { columns: ["y"] } } },
    training,
    7,
    ["kind,size,y", ...cells.map((cell, i) => `${cell},${i}`), ""].join("\n"),
    {
      encoders: {
        missingCategory: openCategoryEncoder,
        unseenCategory: openCategoryEncoder,
        columns: columnEncoder,
      },
      test,
    },
  );

test("every mark of a missing value is one category, which exists even if the training split has none", () => {
  const facts = { categories: "one-hot", missingCategory: true } as const;
  const { train, fields } = prepared(["b,1", "NA,1", ",1", "a,1"], facts, { shape: [3] });
  expect(fields[0].categories).toEqual([["?", "a", "b"]]);
  expect(Array.from(train["x"])).toEqual([0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0]);
  const whole = prepared(["b,1", "a,1"], facts, { shape: [3] }, "kind,size,y\nnull,1,1\nc,1,1\n");
  expect(Array.from(whole.test?.["x"] ?? [])).toEqual([1, 0, 0, 0, 0, 0]);
});

test("an index counts the missing category, and 0 is an unseen one", () => {
  const facts = { categories: "index", missingCategory: true } as const;
  const { train, test } = prepared(
    ["b,1", "?,1", "a,1"],
    facts,
    { shape: [1], vocabulary: 4 },
    "kind,size,y\nc,1,1\n",
  );
  expect(train["x"]).toEqual(Int32Array.of(3, 1, 2));
  expect(test?.["x"]).toEqual(Int32Array.of(0));
});

test("rare and unseen values share a category after the others of their column", () => {
  const facts = {
    columns: ["kind", "size"],
    categories: "one-hot",
    unseenCategory: true,
    minCount: 2,
  } as const;
  const cells = ["a,L", "a,L", "b,S", "b,L", "c,S"];
  const { train, test, fields } = prepared(
    cells,
    { ...facts, columns: [...facts.columns] },
    { shape: [6] },
    "kind,size,y\nz,S,1\n",
  );
  expect(fields[0].categories).toEqual([
    ["a", "b"],
    ["L", "S"],
  ]);
  expect(Array.from(train["x"]).slice(24)).toEqual([0, 0, 1, 0, 1, 0]);
  expect(Array.from(test?.["x"] ?? [])).toEqual([0, 0, 1, 0, 1, 0]);
});

test("with a missing category, rare missing values stay missing", () => {
  const { fields } = prepared(
    ["a,1", "a,1", "NA,1"],
    { categories: "one-hot", unseenCategory: true, missingCategory: true, minCount: 2 },
    { shape: [3] },
  );
  expect(fields[0].categories).toEqual([["?", "a"]]);
});

test.each<[string, () => unknown, string]>([
  [
    "a wrong width",
    () => prepared(["a,1", "b,1"], { categories: "one-hot", missingCategory: true }, { shape: [2] }),
    "x has 2 numbers per row, but its columns have 3 categories, including missing and unseen values: " +
      "its shape must be [3]",
  ],
  [
    "a vocabulary that is too small",
    () =>
      prepared(["a,1", "b,1"], { categories: "index", missingCategory: true }, { shape: [1], vocabulary: 3 }),
    "x has 3 categories; with 0 for unseen ones, its embedding needs a vocabulary of 4, not 3",
  ],
  [
    "a missing value without a category for it",
    () => prepared(["a,1", ",1"], { categories: "one-hot", unseenCategory: true }, { shape: [2] }),
    'column "kind": the cell is empty',
  ],
])("%s is an error", (_, work, message) => expect(work).toThrow(message));
