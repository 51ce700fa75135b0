// Encoder for columns of dates. Each part of a date, such as its month, becomes one or two numbers, in the
// order of the spec.
import { columnEncoder, isMissing, meanEncoder } from "./column-encoder.ts";
import type { FeatureEncoder } from "./dataset.ts";
import { dateReader, isoText, numbersOf } from "./dates.ts";
import type { DateTime } from "./dates.ts";
import { columnFactsOf, columnOf, namedBy, wrongCell } from "./fields.ts";
import type { ColumnFacts, FittedField } from "./fields.ts";
import type { Table } from "./table.ts";
import { InputError, shown } from "../step/errors.ts";

/**
 * Creates an encoder of dates from an encoder of numbers: the numbers of the parts replace the cells. Fits
 * the origin of each column, which is the earliest date of the training rows unless the spec states an
 * origin.
 */
function datesBy(encoder: FeatureEncoder): FeatureEncoder {
  return {
    fit(context, name, table, train) {
      const facts = columnFactsOf(context.data, name);
      const columns = namedBy([...table.columns.keys()], facts.columns).flat();
      const origins = dateOriginsOf(facts, columns, (column) => earliestDate(table, column, facts, train));
      const numbers = dateNumbers(table, columns, facts, origins);
      return fittedDates(encoder.fit(context, name, numbers, train), facts, columns, origins);
    },
    encode(context, field, table, rows) {
      const facts = columnFactsOf(context.data, field.name);
      return encoder.encode(
        context,
        field,
        dateNumbers(table, field.columns, facts, field.origins ?? []),
        rows,
      );
    },
  };
}

/** Encodes dates. Throws for a missing date. */
export const dateEncoder: FeatureEncoder = datesBy(columnEncoder);

/** Encodes dates. The numbers of a missing date are replaced by the means over the training rows. */
export const meanDateEncoder: FeatureEncoder = datesBy(meanEncoder);

const dateRuleOf = ({ dates = { parts: [] } }: ColumnFacts) => dates;

const isCyclic = (part: string): boolean => part !== "elapsed" && part !== "year";

/**
 * Returns the origin of each column: the origin of the spec, or else the earliest date. If the parts do not
 * need an origin, the texts are empty. Throws if a column without an origin has no date.
 */
export function dateOriginsOf(
  facts: ColumnFacts,
  columns: readonly string[],
  earliestIn: (column: string) => DateTime | undefined,
): string[] {
  const { parts, origin } = dateRuleOf(facts);
  return columns.map((column) => {
    if (!parts.includes("elapsed")) return "";
    if (origin !== undefined) return origin;
    const first = earliestIn(column);
    if (first) return isoText(first);
    throw new InputError(
      `all dates of column "${shown(column)}" in the training split are missing, so there is no earliest one`,
    );
  });
}

/**
 * Returns the earliest of `first` and the dates in these rows. Throws for a cell that is neither a date nor
 * missing.
 */
export function earliestDate(
  table: Table,
  name: string,
  facts: ColumnFacts,
  rows: Int32Array,
  first?: DateTime,
): DateTime | undefined {
  const { text } = columnOf(table, name);
  const { format } = dateRuleOf(facts);
  const read = dateReader(format);
  let earliest = first;
  for (const row of rows) {
    const cell = text(row);
    if (isMissing(cell)) continue;
    const date = read(cell);
    if (date === undefined) throw wrongCell(table, name, row, wrongDate(cell, format));
    if (!(earliest && earliest.moment <= date.moment)) earliest = date;
  }
  return earliest;
}

/** Turns an encoding of the numbers of dates into one of dates. Sines and cosines are not scaled. */
export function fittedDates(
  { scales, ...field }: FittedField,
  facts: ColumnFacts,
  columns: readonly string[],
  origins: readonly string[],
): FittedField {
  const { parts } = dateRuleOf(facts);
  const isLine = columns.flatMap(() => parts.flatMap((part) => (isCyclic(part) ? [false, false] : [true])));
  const own = scales?.map((scale, i) => (isLine[i] ? scale : { shift: 0, span: 1 }));
  return { ...field, ...(own && { scales: own }), ...(parts.includes("elapsed") && { origins }) };
}

/**
 * Returns the table with the dates in these columns replaced by the numbers of their parts. Numbers of
 * missing dates are NaN. Throws for texts that are not dates.
 */
export function dateNumbers(
  table: Table,
  names: readonly string[],
  facts: ColumnFacts,
  origins: readonly string[],
): Table {
  const { parts, format } = dateRuleOf(facts);
  const read = dateReader(format);
  const readOrigin = dateReader();
  const columns = new Map(table.columns);
  names.forEach((name, i) => {
    const column = columns.get(name);
    if (column === undefined) return;
    const { text } = column;
    const origin = readOrigin(origins[i] ?? "");
    const size = parts.reduce((sum, part) => sum + (isCyclic(part) ? 2 : 1), 0);
    const numbers = new Float64Array(table.rows * size).fill(NaN);
    for (let row = 0; row < table.rows; row++) {
      const cell = text(row);
      if (facts.meanDates && isMissing(cell)) continue;
      const date = read(cell);
      const wrong = date ? wrongOffset(date, origin, cell) : wrongDate(cell, format);
      if (wrong !== undefined) throw wrongCell(table, name, row, wrong);
      if (date)
        numbers.set(
          parts.flatMap((part) => numbersOf(part, date, origin?.moment ?? 0)),
          row * size,
        );
    }
    columns.set(name, { size, text, number: (i) => numbers[i]! });
  });
  return { ...table, columns };
}

export function wrongDate(cell: string, format: string | undefined): string {
  if (cell.trim() === "") return "the cell is empty";
  if (format !== undefined) return `"${shown(cell)}" is not a date in the format ${format}`;
  return `"${shown(cell)}" is not an ISO 8601 date, such as 1999-03-07 14:05; declare another "format"`;
}

/**
 * Returns an error message if only one of the date and the origin has an offset from UTC, because the time
 * between them is undefined.
 */
function wrongOffset(
  { hasOffset }: DateTime,
  origin: DateTime | undefined,
  cell: string,
): string | undefined {
  if (origin === undefined || origin.hasOffset === hasOffset) return undefined;
  const [has, is] = hasOffset ? ["an", "none"] : ["no", "one"];
  return `"${shown(cell)}" has ${has} offset from UTC, but the origin ${isoText(origin)} has ${is}`;
}
