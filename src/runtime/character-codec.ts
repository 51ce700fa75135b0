// Columns of text as sequences of characters, for inputs with `characters` and targets with `nextOf`. Only trainers of such a spec have
// this. Each character of the training part has a number from 1 on, by code point; 0 marks start, end and padding:
//
//   the input      0  c₁ c₂ … c_L  0  0     of a text c₁ … c_L in `length` places, L < length
//   the target     c₁ c₂ … c_L  0 −1 −1     at each place the character after it; −1 is left out of the loss
import type { Codec } from "./dataset.ts";
import {
  columnFactsOf,
  columnNames,
  textColumn,
  wrongCell,
  type DataFacts,
  type FittedField,
} from "./fields.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { Table, TextColumn } from "./table.ts";

/** An input of texts: at each place the character before it, after the mark. */
export const characterCodec: Codec = {
  fit({ model, data }, name, table, train) {
    const { columns, characters: { length } = { length: 0 } } = columnFactsOf(data, name);
    const [column] = columnNames(table, name, columns, 1);
    const { texts, codes } = textsWithin(table, column, length);
    const characters = charactersOf([...new Set(train.map((row) => codes[row]))].map((code) => texts[code]));
    checkVocabulary(model, data, name, characters);
    return { name, columns: [column], characters };
  },
  encode: ({ model: { inputs } }, field, table, rows) =>
    sequences(table, field, inputs[field.name].shape[0], rows, (text, i) => text[i - 1] ?? 0),
};

/** A target: at each place of an input of texts the character there. */
export const nextCodec: Codec = {
  fit(preparing, name, table, train) {
    const { nextOf = "" } = columnFactsOf(preparing.data, name);
    return { ...characterCodec.fit(preparing, nextOf, table, train), name };
  },
  encode: ({ model: { targets } }, field, table, rows) =>
    sequences(table, field, targets[field.name].shape[0], rows, (text, i) =>
      i === text.length ? 0 : (text[i] ?? -1),
    ),
};

/** All different characters of these texts, by code point. */
function charactersOf(texts: readonly string[]): string[] {
  const code = (character: string) => character.codePointAt(0) ?? 0;
  const found = new Set<string>();
  for (const text of texts) for (const character of text) found.add(character);
  return [...found].sort((a, b) => code(a) - code(b));
}

/** The texts of a column. One that was cut would teach that it ends there, so one that is too long is refused. */
function textsWithin(table: Table, column: string, length: number): TextColumn {
  const found = textColumn(table, column);
  const lengths = found.texts.map((text) => [...text].length);
  const long = lengths.findIndex((own) => own >= length);
  if (long < 0) return found;
  const longest = lengths.reduce((most, own) => Math.max(most, own));
  const what = `"${found.texts[long]}" has ${lengths[long]} characters, and ${length} places hold at most ${length - 1} after the mark`;
  throw wrongCell(
    table,
    column,
    found.codes.indexOf(long),
    `${what}; the longest text of the file needs a length of ${longest + 1}`,
  );
}

/** The spec says how many numbers there are; the training part has to agree. */
function checkVocabulary(
  { inputs, targets }: ModelFacts,
  data: DataFacts,
  input: string,
  characters: readonly string[],
): void {
  const target = Object.keys(targets).find((name) => columnFactsOf(data, name).nextOf === input);
  const found = characters.length + 1;
  const { vocabulary = found } = inputs[input];
  const classes = target === undefined ? found : targets[target].classes;
  if (vocabulary === found && classes === found) return;
  const said = [
    vocabulary === found ? "" : `the embedding of ${input} has a vocabulary of ${vocabulary}`,
    classes === found ? "" : `${target} has ${classes} classes`,
  ];
  throw new InputError(
    `the texts of ${input} have ${characters.length} different characters in the training part, ${found} with the mark, but ${said.filter((part) => part !== "").join(" and ")}`,
  );
}

/** `length` numbers for each of these rows, of the text's own by place. Characters that the training part does not have throw, with their line. */
function sequences(
  table: Table,
  { name, columns, characters = [] }: FittedField,
  length: number,
  rows: Int32Array,
  numberAt: (text: readonly number[], place: number) => number,
): Int32Array {
  const [column] = columnNames(table, name, columns, 1);
  const { texts, codes } = textsWithin(table, column, length);
  const numbers = new Map(characters.map((character, index) => [character, index + 1]));
  const encoded = new Int32Array(rows.length * length);
  rows.forEach((row, at) => {
    const text = texts[codes[row]];
    const own = Array.from(text, (character) => {
      const number = numbers.get(character);
      if (number !== undefined) return number;
      throw wrongCell(table, column, row, `"${character}" in "${text}" does not occur in the training part`);
    });
    for (let i = 0; i < length; i++) encoded[at * length + i] = numberAt(own, i);
  });
  return encoded;
}
