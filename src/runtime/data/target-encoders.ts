// Encoders for targets: classes whose names are numbers, numbers whose predictions are rounded like the data,
// and numbers with a range of valid values.
import { columnEncoder, namedClassEncoder } from "./column-encoder.ts";
import type { FeatureEncoder } from "./dataset.ts";
import { columnFactsOf, columnOf, numbersAt, wrongCell } from "./fields.ts";
import type { Column, Table } from "./table.ts";
import { isInRange } from "./target-range.ts";

/** Encodes classes by name, even if the names are numbers, such as 1, 2 and 5. */
export const classNameEncoder: FeatureEncoder = {
  fit: (context, name, table, train) => columnEncoder.fit(context, name, withoutNumbers(table), train),
  encode: columnEncoder.encode,
};

/** Encodes classes whose names are numbers and are in the spec. */
export const namedNumberEncoder: FeatureEncoder = {
  fit: (context, name, table, train) => namedClassEncoder.fit(context, name, withoutNumbers(table), train),
  encode: columnEncoder.encode,
};

/** Returns the table with all cells as texts, even those that are numbers. */
function withoutNumbers(table: Table): Table {
  const columns = [...table.columns].map(([name, { size, text }]): [string, Column] => [
    name,
    { size, text, number: () => NaN },
  ]);
  return { ...table, columns: new Map(columns) };
}

/** Encodes numbers, and fits the number of decimals for predictions. */
export const decimalEncoder: FeatureEncoder = {
  fit(context, name, table, train) {
    const field = columnEncoder.fit(context, name, table, train);
    const decimals = field.columns.flatMap((column) => {
      const { size } = columnOf(table, column);
      return Array.from({ length: size }, (_, position) =>
        decimalsOf(numbersAt(table, column, train, position)),
      );
    });
    const scales = decimals.map((count, i) => ({
      ...(field.scales?.[i] ?? { shift: 0, span: 1 }),
      ...(count <= mostDecimals && { decimals: count }),
    }));
    return { ...field, scales };
  },
  encode: columnEncoder.encode,
};

/** A larger number of decimals has no effect, because predictions have at most 7 significant digits. */
export const mostDecimals = 12;

/**
 * Returns the number of decimals of the values. Adds decimals if there would otherwise be fewer than 100
 * different numbers between the lowest and the highest value.
 */
function decimalsOf(values: Float64Array): number {
  let [low, high, decimals] = [Infinity, -Infinity, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    while (decimals <= mostDecimals && !isWrittenIn(value, decimals)) decimals++;
  }
  while (decimals <= mostDecimals && high > low && (high - low) * Number(`1e${decimals}`) < 100) decimals++;
  return decimals;
}

/** Whether this many decimals suffice for the number. The rounding error of 32-bit numbers is ignored. */
export function isWrittenIn(value: number, decimals: number): boolean {
  const written = Number(value.toFixed(decimals));
  return written === value || (Math.fround(value) === value && Math.fround(written) === value);
}

/** Encodes a target. Throws for a value outside the range of the loss or of a metric. */
export const rangeEncoder: FeatureEncoder = {
  fit: columnEncoder.fit,
  encode(context, field, table, rows) {
    const encoded = columnEncoder.encode(context, field, table, rows);
    const { range = { lowest: -Infinity, rule: "" } } = columnFactsOf(context.data, field.name);
    const at = encoded.findIndex((value: number) => !isInRange(value, range));
    if (at < 0) return encoded;
    const width = encoded.length / rows.length;
    const row = rows[Math.floor(at / width)]!;
    // Find the column that contains the number at this position of the row. A column may contain several
    // numbers.
    const holders = field.columns.flatMap((name) => Array<string>(columnOf(table, name).size).fill(name));
    const column = holders[at % width]!;
    const { size, number } = columnOf(table, column);
    const value = number(row * size + ((at % width) - holders.indexOf(column)));
    const { shift, span } = field.scales?.[at % width] ?? { shift: 0, span: 1 };
    const scaled = shift === 0 && span === 1 ? "" : `, scaled to ${encoded[at]!.toPrecision(4)},`;
    throw wrongCell(table, column, row, `${value}${scaled} is not ${range.rule}`);
  },
};

/** Like `rangeEncoder`, but also fits the number of decimals for predictions. */
export const decimalRangeEncoder: FeatureEncoder = {
  fit: decimalEncoder.fit,
  encode: rangeEncoder.encode,
};
