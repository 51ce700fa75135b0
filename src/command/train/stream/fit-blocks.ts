/**
 * Fits the encoding of inputs and targets on rows in blocks. The result is bit-identical to a fit on all
 * rows. The fit of an encoder depends only on a few facts of its columns: distinct texts and how often they
 * occur, and sums and extremes of numbers. They are collected block by block. The encoder is then fitted on a
 * small table that has the same facts. Dates are fitted as the numbers of their parts.
 */
import { columnEncoder, meanEncoder } from "../../../runtime/data/column-encoder.ts";
import type { DatasetContext, FeatureEncoder } from "../../../runtime/data/dataset.ts";
import { encoderOf } from "../../../runtime/data/dataset.ts";
import { dateNumbers, earliestDate, fittedDates, dateOriginsOf } from "../../../runtime/data/date-encoder.ts";
import type { DateTime } from "../../../runtime/data/dates.ts";
import { columnFactsOf, columnOf, namedBy } from "../../../runtime/data/fields.ts";
import type { ColumnFacts, FittedField } from "../../../runtime/data/fields.ts";
import { scaleOf } from "../../../runtime/data/scale.ts";
import type { Spread } from "../../../runtime/data/scale.ts";
import { splitLabels } from "../../../runtime/data/split-rules.ts";
import type { Column, Table } from "../../../runtime/data/table.ts";
import { isWrittenIn, mostDecimals } from "../../../runtime/data/target-encoders.ts";
import { countWords, fittedCharacters, frequentWords } from "../../../runtime/data/text-encoders.ts";
import type { Block } from "./block-spool.ts";

/** All blocks of a file. Each iteration reads them again. */
export type Blocks = () => Iterable<Block>;

/** Fits all fields. Errors name the line of the file. */
export function fitBlocks(context: DatasetContext, blocks: Blocks): FittedField[] {
  const { inputs, targets } = context.model;
  return [...Object.keys(inputs), ...Object.keys(targets)].map((name) => fitField(context, name, blocks));
}

function fitField(context: DatasetContext, name: string, blocks: Blocks): FittedField {
  const facts = columnFactsOf(context.data, name);
  const { nextOf = name } = facts;
  const { columns: listed, words, characters } = columnFactsOf(context.data, nextOf);
  if (words !== undefined) return { name, columns: listed, words: wordsIn(context, nextOf, blocks) };
  if (characters !== undefined)
    return { name, columns: listed, characters: charactersIn(context, nextOf, blocks) };
  const encoder = encoderOf(context, name);
  const [{ table: first }] = blocks();
  const columns = namedBy([...first.columns.keys()], listed).flat();
  const request = { encoder, first, columns, facts, blocks };
  if (facts.dates !== undefined) return fitDates(context, name, request);
  const isText = facts.categories !== undefined || context.model.targets[name]?.classes !== undefined;
  return (isText ? fitTexts : fitNumbers)(context, name, request);
}

/** A field, its encoder and its columns. `first` is the table of the first block. */
interface FieldRequest {
  readonly encoder: FeatureEncoder;
  readonly first: Table;
  readonly columns: readonly string[];
  readonly facts: ColumnFacts;
  readonly blocks: Blocks;
}

/** Returns the rows of a block with this label. */
export const rowsOfSplit = (labels: Uint8Array, split: number): Int32Array =>
  Int32Array.from([...labels.keys()].filter((row) => labels[row] === split));

const trainRows = ({ labels }: Block): Int32Array => rowsOfSplit(labels, splitLabels.train);

function wordsIn(context: DatasetContext, input: string, blocks: Blocks): string[] {
  const counts = new Map<string, number>();
  for (const block of blocks()) countWords(context, input, block.table, trainRows(block), counts);
  return frequentWords(context, input, counts);
}

function charactersIn(context: DatasetContext, input: string, blocks: Blocks): string[] {
  const [column] = columnFactsOf(context.data, input).columns;
  const found = new Set<string>();
  for (const block of blocks()) {
    const { text } = columnOf(block.table, column);
    for (const row of trainRows(block)) for (const character of text(row)) found.add(character);
  }
  return fittedCharacters(context.model, context.data, input, found);
}

/**
 * Returns a table with these columns, and a row for each element of `lines`. All other columns are those of
 * the first block.
 */
function smallTable(
  first: Table,
  columns: readonly (readonly [string, Column])[],
  lines: readonly (number | string | undefined)[],
): Table {
  return {
    rows: lines.length,
    columns: new Map([...first.columns, ...columns]),
    lineOf: (row) => (row < 0 ? first.lineOf(row) : lines[row]),
  };
}

const firstRows = (count: number): Int32Array => new Int32Array(count).map((_, row) => row);

// Categories and classes: the small table contains each text of a column as often as the fit requires.

interface FoundText {
  readonly text: string;
  readonly number: number;
  readonly line: number | string | undefined;
  train: number;
  others: number;
}

function fitTexts(
  context: DatasetContext,
  name: string,
  { encoder, first, columns, facts: { minCount = 1 }, blocks }: FieldRequest,
): FittedField {
  const found = columns.map((column) => [...textsIn(column, blocks)]);
  const cells = found.map((texts) => ({
    // More rows with the same text would not change the fit.
    train: texts.flatMap((own) => Array<FoundText>(Math.min(own.train, minCount)).fill(own)),
    others: texts.flatMap((own) => Array<FoundText>(Math.min(own.others, minCount)).fill(own)),
  }));
  // Columns with fewer texts repeat their most frequent text.
  const most = found.map((texts) => texts.reduce((best, own) => (own.train > best.train ? own : best)));
  const count = (split: "train" | "others") => Math.max(...cells.map((own) => own[split].length));
  const padded = cells.map(({ train, others }, i) => [
    ...Array.from({ length: count("train") }, (_, row) => train[row] ?? most[i]),
    ...Array.from({ length: count("others") }, (_, row) => others[row] ?? most[i]),
  ]);
  const own = columns.map((column, i): [string, Column] => {
    const numbers = Float64Array.from(padded[i], ({ number }) => number);
    return [column, { size: 1, number: (row) => numbers[row], text: (row) => padded[i][row].text }];
  });
  const lines = padded[0].map(({ line }) => line);
  return encoder.fit(context, name, smallTable(first, own, lines), firstRows(count("train")));
}

function textsIn(column: string, blocks: Blocks): Iterable<FoundText> {
  const found = new Map<string, FoundText>();
  for (const { table, labels } of blocks()) {
    const { text, number } = columnOf(table, column);
    for (let row = 0; row < table.rows; row++) {
      const own = text(row);
      let known = found.get(own);
      if (known === undefined) {
        known = { text: own, number: number(row), line: table.lineOf(row), train: 0, others: 0 };
        found.set(own, known);
      }
      if (labels[row] === splitLabels.train) known.train++;
      else known.others++;
    }
  }
  return found.values();
}

// Numbers: the small table contains the mean of each number of a row, or its extremes and the value with the
// most decimals. The scales are computed here, because they need all numbers.

/** The statistics of one number of a cell over the training rows. */
interface Figures extends Spread {
  /** The mean of the values that are not missing. It replaces missing values. */
  filling: number;
  /** A number with the most decimals, and how many it has. */
  longest: number;
  decimals: number;
}

/** The statistics of each number of a column. */
interface ColumnFigures {
  readonly column: string;
  readonly fills: boolean;
  readonly figures: readonly Figures[];
}

function fitNumbers(
  context: DatasetContext,
  name: string,
  { encoder, first, columns, facts, blocks }: FieldRequest,
): FittedField {
  const found = figuresOf(first, columns, facts, blocks);
  // The mean of one number is the number itself.
  const rows = facts.mean ? 1 : 3;
  const own = found.map(({ column, figures }): [string, Column] => {
    const size = figures.length;
    const numbers = new Float64Array(rows * size);
    figures.forEach(({ filling, low, high, longest }, place) =>
      (facts.mean ? [filling] : [low, high, longest]).forEach((number, row) => {
        numbers[row * size + place] = number;
      }),
    );
    return [column, { size, number: (i) => numbers[i], text: (row) => `${numbers[row * size]}` }];
  });
  const fitScales: DatasetContext["fitScales"] = (_table, _columns, _train, rule) =>
    found.flatMap(({ figures }) => figures.map((figure) => scaleOf(figure, rule)));
  const table = smallTable(first, own, Array<undefined>(rows).fill(undefined));
  return encoder.fit({ ...context, fitScales }, name, table, firstRows(rows));
}

/** Reads the blocks once for the origins of elapsed days, and then fits the numbers of the dates. */
function fitDates(
  context: DatasetContext,
  name: string,
  { first, columns, facts, blocks }: FieldRequest,
): FittedField {
  const origins = dateOriginsOf(facts, columns, (column) => earliestIn(column, facts, blocks));
  const numbersOf = (table: Table) => dateNumbers(table, columns, facts, origins);
  const numbers = fitNumbers(context, name, {
    encoder: facts.meanDates ? meanEncoder : columnEncoder,
    first: numbersOf(first),
    columns,
    facts: { ...facts, mean: facts.meanDates ?? false },
    *blocks() {
      for (const { table, labels } of blocks()) yield { table: numbersOf(table), labels };
    },
  });
  return fittedDates(numbers, facts, columns, origins);
}

function earliestIn(column: string, facts: ColumnFacts, blocks: Blocks): DateTime | undefined {
  let earliest: DateTime | undefined;
  for (const block of blocks())
    earliest = earliestDate(block.table, column, facts, trainRows(block), earliest);
  return earliest;
}

/** Reads the blocks once for means and extremes, and again for statistics that depend on them. */
function figuresOf(
  first: Table,
  columns: readonly string[],
  { mean: fills = false, hasDecimals = false, scale }: ColumnFacts,
  blocks: Blocks,
): readonly ColumnFigures[] {
  const found = columns.map((column) => ({
    column,
    fills,
    figures: Array.from({ length: columnOf(first, column).size }, () => ({ ...noFigures })),
  }));
  if (scale === undefined && !fills && !hasDecimals) return found;
  addMeans(found, blocks, false, hasDecimals);
  const isFitted = scale === "standard" || scale === "min-max";
  for (const { figures } of found) for (const figure of figures) figure.filling = figure.mean;
  if (isFitted && fills) addMeans(found, blocks, true, false);
  if (scale === "standard") addDeviations(found, blocks);
  return found;
}

const noFigures: Figures = {
  low: NaN,
  high: NaN,
  mean: NaN,
  deviation: NaN,
  filling: NaN,
  longest: NaN,
  decimals: 0,
};

/**
 * Sets mean and extremes of the numbers. If `isFilled`, missing numbers are replaced by the mean; otherwise,
 * they are ignored.
 */
function addMeans(
  found: readonly ColumnFigures[],
  blocks: Blocks,
  isFilled: boolean,
  hasDecimals: boolean,
): void {
  const sums = found.map(({ figures }) =>
    figures.map(() => ({ count: 0, sum: 0, low: Infinity, high: -Infinity })),
  );
  eachTrainValue(found, blocks, (number, figure, i, place) => {
    const value = isFilled && Number.isNaN(number) ? figure.filling : number;
    if (Number.isNaN(value)) return;
    const own = sums[i][place];
    own.count++;
    own.sum += value;
    own.low = Math.min(own.low, value);
    own.high = Math.max(own.high, value);
    if (!hasDecimals) return;
    while (figure.decimals <= mostDecimals && !isWrittenIn(value, figure.decimals)) {
      figure.decimals++;
      figure.longest = value;
    }
  });
  found.forEach(({ figures }, i) =>
    figures.forEach((figure, place) => {
      const { count, sum, low, high } = sums[i][place];
      Object.assign(figure, { mean: sum / count, low, high });
      if (Number.isNaN(figure.longest)) figure.longest = low;
    }),
  );
}

/** Sets the standard deviations. */
function addDeviations(found: readonly ColumnFigures[], blocks: Blocks): void {
  const sums = found.map(({ figures }) => figures.map(() => ({ count: 0, squares: 0 })));
  eachTrainValue(found, blocks, (number, { mean, filling }, i, place) => {
    const value = Number.isNaN(number) ? filling : number;
    const own = sums[i][place];
    own.count++;
    own.squares += (value - mean) * (value - mean);
  });
  found.forEach(({ figures }, i) =>
    figures.forEach((figure, place) => {
      const { count, squares } = sums[i][place];
      figure.deviation = Math.sqrt(squares / count);
    }),
  );
}

/** Visits the numbers of the training rows. The numbers of a column are visited in the order of the file. */
function eachTrainValue(
  found: readonly ColumnFigures[],
  blocks: Blocks,
  visit: (value: number, figure: Figures, column: number, place: number) => void,
): void {
  for (const block of blocks()) {
    const rows = trainRows(block);
    found.forEach(({ column, figures }, i) => {
      const { number } = columnOf(block.table, column);
      const { length: size } = figures;
      for (const row of rows)
        for (let place = 0; place < size; place++)
          visit(number(row * size + place), figures[place], i, place);
    });
  }
}
