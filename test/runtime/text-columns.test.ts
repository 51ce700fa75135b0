// Sequences of characters. If a test fails, characters are shifted by one, or the vocabulary depends on
// validation or test rows. The loss would then be meaningless.
import { describe, expect, test } from "vitest";
import type { Dataset } from "../../src/runtime/data/dataset.ts";
import type { DataFacts } from "../../src/runtime/data/fields.ts";
import { InputError } from "../../src/runtime/step/errors.ts";
import type { ModelFacts, TrainingFacts } from "../../src/runtime/model/facts.ts";
import { characterEncoder, nextEncoder } from "../../src/runtime/data/text-encoders.ts";
import { columnEncoder } from "../../src/runtime/data/column-encoder.ts";
import { splitRows } from "../../src/runtime/data/split.ts";
import { prepareTable } from "../support/prepare-table.ts";
import { model as lineModel, training } from "./linear-machine.ts";

const whole: TrainingFacts = { ...training, stratify: false };
const modelOf = (vocabulary: number, length = 5): ModelFacts => ({
  ...lineModel,
  inputs: { text: { shape: [length], dtype: "i32", vocabulary } },
  targets: { next: { shape: [length], classes: vocabulary } },
});
const encoders = { characters: characterEncoder, nextOf: nextEncoder, columns: columnEncoder };
const data = (length = 5): DataFacts => ({
  inputs: { text: { columns: ["name"], characters: { length } } },
  targets: { next: { columns: [], nextOf: "text" } },
});
const read = (
  text: string,
  vocabulary: number,
  { length = 5, facts = whole, test }: { length?: number; facts?: TrainingFacts; test?: string } = {},
): Dataset =>
  prepareTable(modelOf(vocabulary, length), data(length), facts, 7, text, {
    encoders,
    test,
  });
/** The characters that the numbers of the input denote. */
const charactersOf = ({ fields: [{ characters }] }: Dataset) => characters;

function faultOf(work: () => unknown): { message: string; line: InputError["line"] } {
  try {
    work();
  } catch (error) {
    if (error instanceof InputError) return { message: error.message, line: error.line };
    throw error;
  }
  return expect.fail("nothing was refused");
}

test("a text starts and ends with the mark, and its padding is ignored", () => {
  const dataset = read("name\nba\nabca\n", 4);
  expect(dataset.train).toEqual({
    text: Int32Array.of(0, 2, 1, 0, 0, 0, 1, 2, 3, 1),
    next: Int32Array.of(2, 1, 0, -1, -1, 1, 2, 3, 1, 0),
  });
  expect(charactersOf(dataset)).toEqual(["a", "b", "c"]);
});

test("a character is a code point, not a UTF-16 unit; characters are sorted by code point", () => {
  // Of U+FF5E and U+1F600, the first has the smaller code point but the larger first UTF-16 code unit.
  const dataset = read("name\n😀～\né\n", 4, { length: 3 });
  expect(charactersOf(dataset)).toEqual(["é", "～", "😀"]);
  expect(dataset.train["text"]).toEqual(Int32Array.of(0, 3, 2, 0, 1, 0));
});

test("digits are characters: a numeric column is read as text, unchanged", () => {
  expect(charactersOf(read("name\n007\n1.0\n", 5))).toEqual([".", "0", "1", "7"]);
});

describe("the vocabulary comes from the training split", () => {
  const facts = { ...whole, validation: 0.1, test: 0.1 };
  const rows = 20;
  const parts = splitRows(rows, facts, 7);
  const withRow = (odd: number) =>
    `name\n${Array.from({ length: rows }, (_, row) => (row === odd ? "zo" : "o")).join("\n")}\n`;

  test("and includes characters that only this split has", () => {
    expect(charactersOf(read(withRow(parts.train[3]), 3, { facts }))).toEqual(["o", "z"]);
  });
  test.each(["validation", "test"] as const)("a character that only the %s split has is an error", (part) => {
    const [row] = parts[part];
    expect(faultOf(() => read(withRow(row), 2, { facts }))).toEqual({
      message: 'column "name": "z" in "zo" does not occur in the training split',
      line: row + 2,
    });
  });
  test("a file of test rows is read with it", () => {
    const part = (test: string) => read("name\nab\nb\n", 3, { test }).test;
    expect(part("id,name\n1,ba\n")).toEqual({
      text: Int32Array.of(0, 2, 1, 0, 0),
      next: Int32Array.of(2, 1, 0, -1, -1),
    });
    expect(faultOf(() => part("name\nab\nac\n"))).toEqual({
      message: 'column "name": "c" in "ac" does not occur in the training split',
      line: 3,
    });
    expect(faultOf(() => part("nom\nab\n")).message).toBe(
      'text needs the column "name", but the data has nom',
    );
  });
});

test.each<[string, string, number, string, number | undefined]>([
  [
    "a text that is too long is not cut",
    "name\nabc\nabcab\nabcabca\n",
    4,
    'column "name": "abcab" has 5 characters, but a length of 5 has room for 4 after the start token; the longest text ' +
      "of the file needs a length of 8",
    3,
  ],
  ["an empty cell", 'name,id\nab,1\n"",2\n', 3, 'column "name": the cell is empty', 3],
  [
    "more classes than the data has",
    "name\nab\n",
    27,
    "the texts of text have 2 different characters in the training split, 3 with the start token, but the embedding " +
      "of text has a vocabulary of 27 and next has 27 classes",
    undefined,
  ],
  ["a column that is not there", "nom\nab\n", 3, 'text needs the column "name", but the data has nom', 1],
])("%s", (_, text, vocabulary, message, line) => {
  expect(faultOf(() => read(text, vocabulary))).toEqual({ message, line });
});

test("texts with a class are stratified by it, and the vocabulary is that of the resulting training split", () => {
  const facts: TrainingFacts = { ...training, stratify: true, validation: 0.25, test: 0.25 };
  const names = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? `a${"xyz"[i % 3]}` : "o"));
  const csv = `name,kind\n${names.map((name, i) => `${name},${i % 2}`).join("\n")}\n`;
  const dataset = prepareTable(
    { ...modelOf(6), targets: { kind: { shape: [], classes: 2 } } },
    { inputs: data().inputs, targets: { kind: { columns: ["kind"] } } },
    facts,
    7,
    csv,
    { encoders },
  );
  for (const part of [dataset.train, dataset.validation, dataset.test]) {
    const kinds = Array.from(part?.["kind"] ?? []);
    expect(kinds.filter((kind) => kind === 1)).toHaveLength(kinds.length / 2);
    // "o" is 2 among a, o, x, y, z, and occurs where the class is 1.
    expect(kinds.map((_, i) => part?.["text"][5 * i + 1] === 2)).toEqual(kinds.map((kind) => kind === 1));
  }
});
