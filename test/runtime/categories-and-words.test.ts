// Categories and words as inputs. If a test fails, the vocabulary depends on validation or test rows, or a
// value gets different numbers in different splits. The loss would not show either error.
import { describe, expect, test } from "vitest";
import { categoryEncoder } from "../../src/runtime/data/category-encoder.ts";
import { columnEncoder } from "../../src/runtime/data/column-encoder.ts";
import type { ColumnFacts } from "../../src/runtime/data/fields.ts";
import type { ModelFacts } from "../../src/runtime/model/facts.ts";
import { splitRows } from "../../src/runtime/data/split.ts";
import { nextWordEncoder, wordEncoder } from "../../src/runtime/data/text-encoders.ts";
import { prepareTable } from "../support/prepare-table.ts";
import { model as lineModel, training } from "./linear-machine.ts";

const whole = { ...training, stratify: false };
const model = (input: ModelFacts["inputs"][string]): ModelFacts => ({
  ...lineModel,
  inputs: { x: input },
  targets: { y: { shape: [] } },
});

describe("categories", () => {
  const read = (
    text: string,
    categories: "one-hot" | "index",
    input: ModelFacts["inputs"][string],
    {
      columns = ["kind"],
      facts = whole,
      test,
    }: { columns?: string[]; facts?: typeof whole & { test?: number }; test?: string } = {},
  ) =>
    prepareTable(
      model(input),
      { inputs: { x: { columns, categories } }, targets: { y: { columns: ["y"] } } },
      facts,
      7,
      text,
      { encoders: { categories: categoryEncoder, columns: columnEncoder }, test },
    );
  const text = "kind,size,y\npear,L,1\nfig,S,2\npear,M,3\n";

  test("one-hot: one element per category in sorted order; several columns follow each other", () => {
    const { train, fields } = read(text, "one-hot", { shape: [2], dtype: "f32" });
    expect(train["x"]).toEqual(Float64Array.of(0, 1, 1, 0, 0, 1));
    expect(fields[0].categories).toEqual([["fig", "pear"]]);
    const both = read(text, "one-hot", { shape: [5], dtype: "f32" }, { columns: ["kind", "size"] });
    expect(both.train["x"]).toEqual(Float64Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0));
  });
  test("index: numbers from 1, for each column separately; in a file of test rows unknown categories are 0", () => {
    const dataset = read(
      text,
      "index",
      { shape: [2], dtype: "i32", vocabulary: 4 },
      { columns: ["kind", "size"], test: "kind,size,y\nplum,S,1\n" },
    );
    expect(dataset.train["x"]).toEqual(Int32Array.of(2, 1, 1, 3, 2, 2));
    expect(dataset.test?.["x"]).toEqual(Int32Array.of(0, 3));
  });
  test("numeric cells are categories too, as written", () => {
    expect(
      read("kind,y\n10,1\n9,2\n9.0,3\n", "one-hot", { shape: [3], dtype: "f32" }).fields[0].categories,
    ).toEqual([["10", "9", "9.0"]]);
  });
  test("categories come from the training split only; an unseen one is all zeros, and the shape may have spare elements", () => {
    const facts = { ...whole, test: 0.2 };
    const parts = splitRows(10, facts, 7);
    const odd = parts.test[0];
    const rows = Array.from({ length: 10 }, (_, row) => `${row === odd ? "z" : "ab"[row % 2]},${row}`);
    for (const width of [2, 3]) {
      const dataset = read(
        `kind,y\n${rows.join("\n")}\n`,
        "one-hot",
        { shape: [width], dtype: "f32" },
        { facts },
      );
      expect(dataset.fields[0].categories).toEqual([["a", "b"]]);
      expect(Array.from(dataset.test?.["x"] ?? []).slice(0, width)).toEqual(new Array(width).fill(0));
    }
  });
  test.each<[string, () => unknown, string]>([
    [
      "a shape of another width",
      () => read(text, "one-hot", { shape: [4], dtype: "f32" }),
      "x has 4 numbers per row, but its columns have 2 categories: its shape must be [2]",
    ],
    [
      "an embedding without room",
      () => read(text, "index", { shape: [1], dtype: "i32", vocabulary: 2 }),
      "x has 2 categories; with 0 for unknown ones, its embedding needs a vocabulary of 3, not 2",
    ],
    [
      "a column that is not there",
      () => read(text, "one-hot", { shape: [2], dtype: "f32" }, { columns: ["sort"] }),
      'x needs the column "sort", but the data has kind, size, y',
    ],
    [
      "an empty cell",
      () => read("kind,y\nfig,1\n,2\n", "one-hot", { shape: [1], dtype: "f32" }),
      'column "kind": the cell is empty',
    ],
  ])("%s is reported", (_, work, message) => {
    expect(work).toThrow(message);
  });
});

describe("words", () => {
  const rule = { length: 5, lowerCase: false, cut: false };
  const read = (
    text: string,
    words: Partial<ColumnFacts["words"]> = {},
    vocabulary = 10,
    facts: typeof whole & { test?: number } = whole,
  ) =>
    prepareTable(
      {
        ...lineModel,
        inputs: { x: { shape: [5], dtype: "i32", vocabulary } },
        targets: { y: { shape: [5], classes: vocabulary } },
      },
      {
        inputs: { x: { columns: ["text"], words: { ...rule, ...words } } },
        targets: { y: { columns: [], nextOf: "x" } },
      },
      facts,
      7,
      text,
      { encoders: { words: wordEncoder, nextOf: nextWordEncoder, columns: columnEncoder } },
    );

  test("the most frequent words come first, then in alphabetical order; the target is the next word", () => {
    const { train, fields } = read("text\nb a b\na c b\n");
    expect(fields[0].words).toEqual(["b", "a", "c"]);
    expect(train).toEqual({
      x: Int32Array.of(0, 2, 3, 2, 0, 0, 3, 4, 2, 0),
      y: Int32Array.of(2, 3, 2, 0, -1, 3, 4, 2, 0, -1),
    });
  });
  test("words beyond the embedding's vocabulary are the word 1", () => {
    const { train, fields } = read("text\nb a b\na c b\n", {}, 3);
    expect(fields[0].words).toEqual(["b"]);
    expect(train["x"]).toEqual(Int32Array.of(0, 2, 1, 2, 0, 0, 1, 1, 2, 0));
  });
  test("punctuation marks are separate words, except an apostrophe inside a word; upper case may be converted to lower case", () => {
    const words = (lowerCase: boolean) => read("text\n\"Don't, don't!\"\n", { lowerCase }).fields[0].words;
    expect(words(false)).toEqual(["!", ",", "Don't", "don't"]);
    expect(words(true)).toEqual(["don't", "!", ","]);
    expect(read("text\nÜber 3 naïve Ä\n").fields[0].words).toEqual(["3", "naïve", "Ä", "Über"]);
  });
  test("the vocabulary comes from the training split", () => {
    const facts = { ...whole, test: 0.2 };
    const [odd] = splitRows(10, facts, 7).test;
    const text = Array.from({ length: 10 }, (_, row) => (row === odd ? "new" : "old")).join("\n");
    const { fields, test } = read(`text\n${text}\n`, {}, 10, facts);
    expect(fields[0].words).toEqual(["old"]);
    expect(Array.from(test?.["x"] ?? []).slice(0, 5)).toEqual([0, 1, 0, 0, 0]);
  });
  test("a text that is too long is an error with its line, or is cut; the last target of a cut text is its next word", () => {
    const text = "text\na\na b c d e f\n";
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        message:
          'column "text": the text has 6 words, but a length of 5 has room for 4 after the start token; the longest ' +
          'text of the file needs a length of 7, or "cut": true',
        line: 3,
      }),
    );
    const { train } = read(text, { cut: true });
    expect(Int32Array.from(train["x"]).slice(5)).toEqual(Int32Array.of(0, 2, 3, 4, 5));
    expect(Int32Array.from(train["y"]).slice(5)).toEqual(Int32Array.of(2, 3, 4, 5, 6));
  });
});
