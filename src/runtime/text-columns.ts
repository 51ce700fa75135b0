// Columns of text as sequences of characters, for inputs with `characters` and targets with `nextOf`. Only trainers of such a spec have
// this. Each character of the training part has a number from 1 on, by code point; 0 marks start, end and padding:
//
//   the input      0  c₁ c₂ … c_L  0  0     of a text c₁ … c_L in `length` places, L < length
//   the target     c₁ c₂ … c_L  0 −1 −1     at each place the character after it; −1 is left out of the loss
import type { Dataset } from "./dataset.ts";
import { wrongCell, type DataFacts } from "./fields.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts, TrainingFacts } from "./model-facts.ts";
import type { Batch } from "./slots.ts";
import { splitRows, type Split } from "./split.ts";
import type { Table } from "./table.ts";

/** An input of texts, and the target that is to be told from it, if there is one. */
interface TextColumn {
  input: string;
  target: string | undefined;
  column: string;
  length: number;
  characters: readonly string[];
}

/** The data set of a model that reads nothing but texts and learns what follows in them. */
export function textDatasetOf(
  model: ModelFacts,
  data: DataFacts,
  training: TrainingFacts,
  seed: number,
  table: Table,
): Dataset {
  return { ...textParts(model, data, table, splitRows(table.rows, training, seed)), fields: [] };
}

/** The texts of each part, and of a test file: their characters are those of the training part. */
export function textParts(
  model: ModelFacts,
  data: DataFacts,
  table: Table,
  { train, validation, test }: Split,
): Omit<Dataset, "fields"> & {
  characters: Record<string, readonly string[]>;
  testPart(table: Table): Batch;
} {
  const targets = Object.entries(data.targets);
  const texts = Object.entries(data.inputs).flatMap(([input, { columns, characters }]): TextColumn[] => {
    if (characters === undefined) return [];
    const [column] = columns;
    const cells = cellsOf(table, input, column);
    checkLengths(table, column, cells, characters.length);
    const known = charactersOf(Array.from(train, (row) => cells[row]));
    const target = targets.find(([, { nextOf }]) => nextOf === input)?.[0];
    checkVocabulary(model, input, target, known);
    return [{ input, target, column, length: characters.length, characters: known }];
  });
  const whole = encoded(table, texts);
  const part = (rows: Int32Array): Batch =>
    Object.fromEntries(
      Object.entries(whole).map(([name, sequences]) => [
        name,
        Int32Array.from(Array.from(rows, (row) => sequences[row]).flat()),
      ]),
    );
  return {
    train: part(train),
    ...(validation.length > 0 && { validation: part(validation) }),
    ...(test.length > 0 && { test: part(test) }),
    characters: Object.fromEntries(texts.map(({ input, characters }) => [input, characters])),
    testPart: (other) =>
      Object.fromEntries(
        Object.entries(encoded(other, texts)).map(([name, sequences]) => [
          name,
          Int32Array.from(sequences.flat()),
        ]),
      ),
  };
}

/** All different characters, by code point. */
function charactersOf(texts: readonly string[]): string[] {
  const code = (character: string) => character.codePointAt(0) ?? 0;
  return [...new Set(texts.flatMap((text) => [...text]))].sort((a, b) => code(a) - code(b));
}

/** The cells as they stand in the file: "007" is a text like any other. */
function cellsOf(table: Table, input: string, column: string): string[] {
  const names = [...table.columns.keys()];
  const place = names.indexOf(column);
  if (place < 0)
    throw new InputError(`${input} needs the column "${column}", but the file has ${names.join(", ")}`, 1);
  return table.records.map(({ cells }, row) => {
    if (cells[place].trim() !== "") return cells[place];
    throw wrongCell(table, column, row, "the cell is empty");
  });
}

/** A text that was cut would teach that it ends there, so one that is too long is refused. */
function checkLengths(table: Table, column: string, texts: readonly string[], length: number): void {
  const lengths = texts.map((text) => [...text].length);
  const row = lengths.findIndex((own) => own >= length);
  if (row < 0) return;
  const longest = lengths.reduce((most, own) => Math.max(most, own));
  const what = `"${texts[row]}" has ${lengths[row]} characters, and ${length} places hold at most ${length - 1} after the mark`;
  throw wrongCell(
    table,
    column,
    row,
    `${what}; the longest text of the file needs a length of ${longest + 1}`,
  );
}

/** The spec says how many numbers there are; the training part has to agree. */
function checkVocabulary(
  { inputs, targets }: ModelFacts,
  input: string,
  target: string | undefined,
  characters: readonly string[],
): void {
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

/** By input and target a sequence for each row. Characters that the training part does not have throw, with their line. */
function encoded(table: Table, texts: readonly TextColumn[]): Record<string, number[][]> {
  const entries = texts.flatMap(({ input, target, column, length, characters }) => {
    const cells = cellsOf(table, input, column);
    checkLengths(table, column, cells, length);
    const numbers = new Map(characters.map((character, index) => [character, index + 1]));
    const rows = cells.map((text, row) =>
      Array.from(text, (character) => {
        const number = numbers.get(character);
        if (number !== undefined) return number;
        throw wrongCell(
          table,
          column,
          row,
          `"${character}" in "${text}" does not occur in the training part`,
        );
      }),
    );
    const place = Array.from({ length }, (_, i) => i);
    const inputs = rows.map((row) => place.map((i) => row[i - 1] ?? 0));
    const nexts = rows.map((row) => place.map((i) => row[i] ?? (i === row.length ? 0 : -1)));
    return target === undefined
      ? [[input, inputs]]
      : [
          [input, inputs],
          [target, nexts],
        ];
  });
  return Object.fromEntries(entries);
}
