// Columns that are filled cell by cell while a file streams by. No more than the values' own room is taken: how many rows there can be
// at most is known before, and what is not filled of that is never touched, so the system gives it no memory.
import { numberIn, type Column } from "../runtime/table.ts";

/** A column while it is read. */
export interface ColumnBuilder {
  /** The cell of the next row. */
  add(cell: string): void;
  end(): Column;
}

/** Numbers in 32 bits as long as these hold each exactly, from then on in 64. */
export function numberBuilder(most: number): ColumnBuilder {
  let numbers: Float32Array | Float64Array = new Float32Array(most);
  const odd = new Map<string, number>();
  // Of what is no number, the first row that has it: enough to tell the first that is wrong.
  const oddAt = (at: number) => [...odd].find(([, first]) => first === at)?.[0];
  let row = 0;
  return {
    add(cell) {
      const number = numberIn(cell);
      if (Number.isNaN(number) && !odd.has(cell)) odd.set(cell, row);
      if (numbers instanceof Float32Array && Math.fround(number) !== number && !Number.isNaN(number)) {
        const wider = new Float64Array(most);
        wider.set(numbers.subarray(0, row));
        numbers = wider;
      }
      numbers[row++] = number;
    },
    end() {
      const found = numbers.subarray(0, row);
      return { size: 1, numbers: () => found, text: (at) => oddAt(at) ?? `${found[at]}` };
    },
  };
}

/** Each different text once, by number. */
export function textBuilder(most: number): ColumnBuilder {
  const codes = new Int32Array(most);
  const known = new Map<string, number>();
  let row = 0;
  return {
    add(cell) {
      let code = known.get(cell);
      if (code === undefined) {
        code = known.size;
        known.set(cell, code);
      }
      codes[row++] = code;
    },
    end() {
      const texts = [...known.keys()];
      const values = texts.map(numberIn);
      return {
        size: 1,
        numbers: () => Float64Array.from(codes.subarray(0, row), (code) => values[code]),
        text: (at) => texts[codes[at]],
      };
    },
  };
}
