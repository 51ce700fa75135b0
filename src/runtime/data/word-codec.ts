// Columns of text as sequences of words, for inputs with `words` and targets that are the `nextOf` them. Only
// trainers of such a spec have this. The words of the training part have numbers from 2 on, the most frequent
// first, as many as the embedding has room for; 1 is any other word, 0 marks start, end and padding:
//
//   the input      0  w₁ w₂ … w_L  0  0     of a text w₁ … w_L in `length` places, L < length
//   the target     w₁ w₂ … w_L  0 −1 −1     at each place the word after it; −1 is left out of the loss
import type { Codec, Reading } from "./dataset.ts";
import { columnFactsOf, columnNames, textsOf, wrongCell, type FittedField } from "./fields.ts";
import type { Table } from "./table.ts";

/** An input of texts: at each place the word before it, after the mark. */
export const wordCodec: Codec = {
  fit(preparing, name, table, train) {
    const { columns } = columnFactsOf(preparing.data, name);
    const texts = wordsOf(preparing, name, table, columns[0]);
    const counts = new Map<string, number>();
    for (const row of train) for (const word of texts[row]) counts.set(word, (counts.get(word) ?? 0) + 1);
    const { vocabulary = Infinity } = preparing.model.inputs[name];
    const words = [...counts]
      .sort(([a, often], [b, oftener]) => oftener - often || (a < b ? -1 : 1))
      .slice(0, vocabulary - 2)
      .map(([word]) => word);
    return { name, columns, words };
  },
  encode: (preparing, field, table, rows) =>
    wordSequences(preparing, field.name, field, table, rows, (text, i) => text[i - 1] ?? 0),
};

/** A target: at each place of an input of texts the word there. What is cut has no end. */
export const nextWordCodec: Codec = {
  fit(preparing, name, table, train) {
    const { nextOf = "" } = columnFactsOf(preparing.data, name);
    return { ...wordCodec.fit(preparing, nextOf, table, train), name };
  },
  encode(preparing, field, table, rows) {
    const { nextOf = "" } = columnFactsOf(preparing.data, field.name);
    return wordSequences(preparing, nextOf, field, table, rows, (text, i) =>
      i === text.length ? 0 : (text[i] ?? -1),
    );
  },
};

/** The numbers of each of these rows' words, by place. */
function wordSequences(
  preparing: Reading,
  input: string,
  { columns, words = [] }: FittedField,
  table: Table,
  rows: Int32Array,
  numberAt: (text: readonly number[], place: number) => number,
): Int32Array {
  const [length] = preparing.model.inputs[input].shape;
  const texts = wordsOf(preparing, input, table, columns[0]);
  const numbers = new Map(words.map((word, index) => [word, index + 2]));
  const encoded = new Int32Array(rows.length * length);
  rows.forEach((row, at) => {
    const text = texts[row].map((word) => numbers.get(word) ?? 1);
    for (let i = 0; i < length; i++) encoded[at * length + i] = numberAt(text, i);
  });
  return encoded;
}

/** The words of each text: letters and digits that stand together, and any other sign by itself. */
function wordsOf({ data }: Reading, input: string, table: Table, column: string): string[][] {
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
    `the text has ${texts[long].length} words, and ${length} places hold at most ${length - 1} after the ` +
      `mark; the longest text of the file needs a length of ${longest + 1}, or "cut": true`,
  );
}
