// Encoders for columns of text: sequences of characters or of words.
import type { ModelFacts } from "../model/facts.ts";
import { InputError, shown } from "../step/errors.ts";
import type { FeatureEncoder, EncodingContext } from "./dataset.ts";
import { columnFactsOf, columnNames, textsOf, wrongCell } from "./fields.ts";
import type { DataFacts, FittedField } from "./fields.ts";
import type { Table } from "./table.ts";

/**
 * Encodes a text as characters, for an input. The characters of the training rows have indices from 1, in
 * order of code point. The index 0 marks start, end and padding:
 *
 *   the input      0  c₁ c₂ … c_L  0  0     for a text c₁ … c_L in `length` positions, L < length
 *   the target     c₁ c₂ … c_L  0 −1 −1     the next character at each position; the loss ignores −1
 */
export const characterEncoder: FeatureEncoder = {
  fit({ model, data }, name, table, train) {
    const { columns, characters: { length } = { length: 0 } } = columnFactsOf(data, name);
    columnNames(table, name, columns, 1);
    const cells = textsOf(table, columns[0]!);
    checkLengths(table, columns[0]!, cells, length);
    const found = new Set<string>();
    for (const row of train) for (const character of cells[row]!) found.add(character);
    return { name, columns, characters: fittedCharacters(model, data, name, found) };
  },
  encode: ({ model: { inputs } }, { name, columns: [column], characters = [] }, table, rows) =>
    sequences(table, name, column!, inputs[name]!.shape[0]!, characters, rows, (text, i) => text[i - 1] ?? 0),
};

/** Encodes a text as characters, for a target: at each position, the next character. */
export const nextEncoder: FeatureEncoder = {
  fit(context, name, table, train) {
    const { nextOf = "" } = columnFactsOf(context.data, name);
    return { ...characterEncoder.fit(context, nextOf, table, train), name };
  },
  encode: ({ model: { targets } }, { name, columns: [column], characters = [] }, table, rows) =>
    sequences(table, name, column!, targets[name]!.shape[0]!, characters, rows, (text, i) =>
      i === text.length ? 0 : (text[i] ?? -1),
    ),
};

/** Returns the characters in order of code point. Throws if their number differs from that in the spec. */
export function fittedCharacters(
  model: ModelFacts,
  data: DataFacts,
  input: string,
  found: ReadonlySet<string>,
): string[] {
  const code = (character: string) => character.codePointAt(0) ?? 0;
  const characters = [...found].sort((a, b) => code(a) - code(b));
  checkVocabulary(model, data, input, characters);
  return characters;
}

/**
 * Throws for a text that is too long. The text is not truncated, because the model would learn a wrong end.
 */
function checkLengths(table: Table, column: string, texts: readonly string[], length: number): void {
  const lengths = texts.map((text) => [...text].length);
  const row = lengths.findIndex((own) => own >= length);
  if (row < 0) return;
  const longest = lengths.reduce((most, own) => Math.max(most, own));
  const what =
    `"${shown(texts[row]!)}" has ${lengths[row]} characters, but a length of ${length} has room for ` +
    `${length - 1} after the start token`;
  throw wrongCell(
    table,
    column,
    row,
    `${what}; the longest text of the file needs a length of ${longest + 1}`,
  );
}

/** Throws unless the number of distinct characters in the training rows agrees with the spec. */
function checkVocabulary(
  { inputs, targets }: ModelFacts,
  data: DataFacts,
  input: string,
  characters: readonly string[],
): void {
  const target = Object.keys(targets).find((name) => columnFactsOf(data, name).nextOf === input);
  const found = characters.length + 1;
  const { vocabulary = found } = inputs[input]!;
  const classes = target === undefined ? found : targets[target]!.classes;
  if (vocabulary === found && classes === found) return;
  const problems = [
    vocabulary === found ? "" : `the embedding of ${input} has a vocabulary of ${vocabulary}`,
    classes === found ? "" : `${target} has ${classes} classes`,
  ];
  throw new InputError(
    `the texts of ${input} have ${characters.length} different characters in the training split, ${found} ` +
      `with the start token, but ${problems.filter((part) => part !== "").join(" and ")}`,
  );
}

/** Encodes each row as `length` indices. Throws with the line if a character is not in `characters`. */
function sequences(
  table: Table,
  name: string,
  column: string,
  length: number,
  characters: readonly string[],
  rows: Int32Array,
  numberAt: (text: readonly number[], position: number) => number,
): Int32Array {
  columnNames(table, name, [column], 1);
  const cells = textsOf(table, column);
  checkLengths(table, column, cells, length);
  const numbers = new Map(characters.map((character, index) => [character, index + 1]));
  const encoded = new Int32Array(rows.length * length);
  rows.forEach((row, at) => {
    const text = Array.from(cells[row]!, (character) => {
      const number = numbers.get(character);
      if (number !== undefined) return number;
      const what = `"${shown(character)}" in "${shown(cells[row]!)}" does not occur in the training split`;
      throw wrongCell(table, column, row, what);
    });
    for (let i = 0; i < length; i++) encoded[at * length + i] = numberAt(text, i);
  });
  return encoded;
}

/**
 * Encodes a text as words, for an input. The words of the training rows have indices from 2, the most
 * frequent first, until the vocabulary of the embedding is full. All other words have the index 1. The index
 * 0 marks start, end and padding:
 *
 *   the input      0  w₁ w₂ … w_L  0  0     for a text w₁ … w_L in `length` positions, L < length
 *   the target     w₁ w₂ … w_L  0 −1 −1     the next word at each position; the loss ignores −1
 */
export const wordEncoder: FeatureEncoder = {
  fit(context, name, table, train) {
    const { columns } = columnFactsOf(context.data, name);
    const counts = new Map<string, number>();
    countWords(context, name, table, train, counts);
    return { name, columns, words: frequentWords(context, name, counts) };
  },
  encode: (context, field, table, rows) =>
    wordSequences(context, field.name, field, table, rows, (text, i) => text[i - 1] ?? 0),
};

/** Counts the words of these rows. */
export function countWords(
  context: EncodingContext,
  input: string,
  table: Table,
  rows: Int32Array,
  counts: Map<string, number>,
): void {
  const texts = wordsOf(context, input, table, columnFactsOf(context.data, input).columns[0]!);
  for (const row of rows) for (const word of texts[row]!) counts.set(word, (counts.get(word) ?? 0) + 1);
}

/** The words that have an index: the most frequent ones, until the vocabulary is full. */
export function frequentWords(
  { model }: EncodingContext,
  input: string,
  counts: ReadonlyMap<string, number>,
): string[] {
  const { vocabulary = Infinity } = model.inputs[input]!;
  return [...counts]
    .sort(([a, often], [b, oftener]) => oftener - often || (a < b ? -1 : 1))
    .slice(0, vocabulary - 2)
    .map(([word]) => word);
}

/**
 * Encodes a text as words, for a target: at each position, the next word. A truncated text has no end mark.
 */
export const nextWordEncoder: FeatureEncoder = {
  fit(context, name, table, train) {
    const { nextOf = "" } = columnFactsOf(context.data, name);
    return { ...wordEncoder.fit(context, nextOf, table, train), name };
  },
  encode(context, field, table, rows) {
    const { nextOf = "" } = columnFactsOf(context.data, field.name);
    return wordSequences(context, nextOf, field, table, rows, (text, i) =>
      i === text.length ? 0 : (text[i] ?? -1),
    );
  },
};

/** Encodes the words of each row as indices. */
function wordSequences(
  context: EncodingContext,
  input: string,
  { columns, words = [] }: FittedField,
  table: Table,
  rows: Int32Array,
  numberAt: (text: readonly number[], position: number) => number,
): Int32Array {
  const length = context.model.inputs[input]!.shape[0]!;
  const texts = wordsOf(context, input, table, columns[0]!);
  const numbers = new Map(words.map((word, index) => [word, index + 2]));
  const encoded = new Int32Array(rows.length * length);
  rows.forEach((row, at) => {
    const text = texts[row]!.map((word) => numbers.get(word) ?? 1);
    for (let i = 0; i < length; i++) encoded[at * length + i] = numberAt(text, i);
  });
  return encoded;
}

/** Splits each text into words: sequences of letters and digits, and other characters one by one. */
function wordsOf({ data }: EncodingContext, input: string, table: Table, column: string): string[][] {
  const { words: { length, lowerCase, cut } = { length: 0, lowerCase: false, cut: false } } = columnFactsOf(
    data,
    input,
  );
  columnNames(table, input, [column], 1);
  const texts = textsOf(table, column).map(
    (text) =>
      (lowerCase ? text.toLowerCase() : text).match(
        /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu,
      ) ?? [],
  );
  const long = texts.findIndex((text) => text.length >= length);
  if (cut || long < 0) return texts;
  const longest = texts.reduce((most, text) => Math.max(most, text.length), 0);
  throw wrongCell(
    table,
    column,
    long,
    `the text has ${texts[long]!.length} words, but a length of ${length} has room for ${length - 1} after the ` +
      `start token; the longest text of the file needs a length of ${longest + 1}, or "cut": true`,
  );
}
