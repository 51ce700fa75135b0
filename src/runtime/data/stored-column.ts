// Columns that grow while a file is read. A number takes four bytes if possible, and a text is stored once.
import type { Column } from "./table.ts";

/** A growing list of numbers. */
export interface NumberList {
  push(value: number): void;
  at(index: number): number;
}

/** Numbers as quotients: numbers[i] / unit. */
type Block = readonly [numbers: ArrayLike<number>, unit: number];

const blockSize = 1024;

/** Creates a list. Most decimal numbers take 32 bits, and all other numbers take 64 bits. */
export function numberList(): NumberList {
  const blocks: Block[] = [];
  let last: number[] = [];
  return {
    push(value) {
      if (last.push(value) < blockSize) return;
      blocks.push(packed(last));
      last = [];
    },
    at(index) {
      const [numbers, unit] = blocks[Math.floor(index / blockSize)] ?? [last, 1];
      return numbers[index % blockSize]! / unit;
    },
  };
}

/**
 * Packs numbers into 32 bits each if all of them are w / u, for integers w and a power of ten u. The quotient
 * w / u is rounded to the nearest double, as the number was when its decimal text was read. So the list
 * returns the same number.
 */
function packed(values: readonly number[]): Block {
  for (let unit = 1; unit < 1e10; unit *= 10) {
    const whole = (value: number) => Math.round(value * unit) | 0;
    if (values.every((value) => Object.is(whole(value) / unit, value)))
      return [new Int32Array(values.map(whole)), unit];
  }
  return [new Float64Array(values), 1];
}

/** A column to which cells can be added. */
export interface StoredColumn extends Column {
  /** Adds the cell of the next row. */
  add(cell: string): void;
}

/**
 * Creates a column of this kind:
 *
 *   texts      each distinct text is stored once, and each row refers to the first row with its text
 *   numbers    a text that is not a number is stored only for the first row in which it occurs
 *   undefined  nothing is stored
 */
export function storedColumn(read: (cell: string) => number, kind: string | undefined): StoredColumn {
  const isText = kind === "texts";
  const list = numberList();
  const firstRows = new Map<string, number>();
  const texts: Record<number, string> = {};
  let rows = 0;
  return {
    size: 1,
    add(cell) {
      if (!kind) return;
      let number = isText ? NaN : read(cell);
      if (Number.isNaN(number)) {
        const first = firstRows.get(cell) ?? rows;
        firstRows.set(cell, first);
        texts[first] = cell;
        if (isText) number = first;
      }
      list.push(number);
      rows++;
    },
    number: (i) => (isText ? read(texts[list.at(i)]!) : list.at(i)),
    text: (row) => texts[isText ? list.at(row) : row] ?? "",
  };
}
