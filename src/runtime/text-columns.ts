// Columns of text as sequences of characters, for inputs with `characters` and targets with `nextOf`. Only trainers of such a spec have
// this. Each character of the training part has a number from 1 on, by code point; 0 marks start, end and padding:
//
//   the input      0  c₁ c₂ … c_L  0  0     of a text c₁ … c_L in `length` places, L < length
//   the target     c₁ c₂ … c_L  0 −1 −1     at each place the character after it; −1 is left out of the loss
import { datasetOf, type Dataset } from "./dataset.ts";
import { columnNames, fieldsOf, valuesOf, wrongCell, type DataFacts } from "./fields.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts, TrainingFacts } from "./model-facts.ts";
import { splitRows } from "./split.ts";
import type { Column, Table } from "./table.ts";

/** An input of texts, and the target that is to be told from it, if there is one. */
interface TextColumn {
  input: string;
  target: string | undefined;
  column: string;
  length: number;
  characters: readonly string[];
}

/** As {@link datasetOf}, for data with texts: their characters are those of the training part. */
export function textDatasetOf(
  model: ModelFacts,
  data: DataFacts,
  training: TrainingFacts,
  seed: number,
  table: Table,
): Dataset {
  const targets = Object.entries(data.targets);
  const isNext = targets.some(([, { nextOf }]) => nextOf !== undefined);
  const labels = isNext
    ? []
    : fieldsOf({ ...model, inputs: {} }, data, table).map((field) => valuesOf(table, field))[0];
  const byClass = training.stratify && labels.length === 1 ? labels[0] : undefined;
  const { train } = splitRows(table.rows, training, seed, byClass);
  const texts = Object.entries(data.inputs).flatMap(([input, { columns, characters }]): TextColumn[] => {
    if (characters === undefined) return [];
    const [column] = columnNames(table, input, columns, 1);
    const cells = textsOf(table, column);
    checkLengths(table, column, cells, characters.length);
    const known = charactersOf(Array.from(train, (row) => cells[row]));
    const target = targets.find(([, { nextOf }]) => nextOf === input)?.[0];
    checkVocabulary(model, input, target, known);
    return [{ input, target, column, length: characters.length, characters: known }];
  });
  const encode = (other: Table) => encoded(other, texts);
  return {
    ...datasetOf(model, placesOf(data, texts), training, seed, encode(table)),
    characters: Object.fromEntries(texts.map(({ input, characters }) => [input, characters])),
    encode,
  };
}

/** All different characters, by code point. */
function charactersOf(texts: readonly string[]): string[] {
  const code = (character: string) => character.codePointAt(0) ?? 0;
  return [...new Set(texts.flatMap((text) => [...text]))].sort((a, b) => code(a) - code(b));
}

/** The cells as they stand in the file: "007" is a text like any other. */
function textsOf(table: Table, column: string): string[] {
  const place = [...table.columns.keys()].indexOf(column);
  return table.records.map(({ cells }, row) => {
    if (cells[place] !== "") return cells[place];
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

/** How the column of a place is called. */
const placeColumn = (name: string, index: number) => `${name}[${index}]`;

/** The data section with a column for each place of a text. */
function placesOf({ inputs, targets }: DataFacts, texts: readonly TextColumn[]): DataFacts {
  const own = (name: string | undefined, length: number): [string, { columns: string[] }][] =>
    name === undefined
      ? []
      : [[name, { columns: [`${placeColumn(name, 0)}..${placeColumn(name, length - 1)}`] }]];
  return {
    inputs: { ...inputs, ...Object.fromEntries(texts.flatMap(({ input, length }) => own(input, length))) },
    targets: {
      ...targets,
      ...Object.fromEntries(texts.flatMap(({ target, length }) => own(target, length))),
    },
  };
}

/** The table with these columns. Characters that the training part does not have throw, with their line. */
function encoded(table: Table, texts: readonly TextColumn[]): Table {
  const columns = new Map<string, Column>(table.columns);
  for (const { input, target, column, length, characters } of texts) {
    columnNames(table, input, [column], 1);
    const cells = textsOf(table, column);
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
    for (let i = 0; i < length; i++) {
      columns.set(
        placeColumn(input, i),
        Float64Array.from(rows, (row) => row[i - 1] ?? 0),
      );
    }
    for (let i = 0; target !== undefined && i < length; i++) {
      columns.set(
        placeColumn(target, i),
        Float64Array.from(rows, (row) => row[i] ?? (i === row.length ? 0 : -1)),
      );
    }
  }
  return { ...table, columns };
}
