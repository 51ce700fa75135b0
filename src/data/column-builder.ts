// Columns that are filled cell by cell while a file streams by. No more than the values' own room is taken: how many rows there can be
// at most is known before, and what is not filled of that is never touched, so the system gives it no memory.
import { InputError } from "../runtime/input-error.ts";
import { numberIn, type Column } from "../runtime/table.ts";

/** What stands in a cell: a text, or what the file itself says is a number, a truth value, or several numbers. */
export type Cell = string | number | boolean | readonly number[];

/** A column while it is read. */
export interface ColumnBuilder {
  /** The cell of the next row, on this line. Throws for one of another size than the rows before have. */
  add(cell: Cell, line: number | string | undefined): void;
  end(): Column;
}

/** Numbers in 32 bits as long as these hold each exactly, from then on in 64. */
export function numberBuilder(name: string, most: number): ColumnBuilder {
  let numbers: Float32Array | Float64Array = new Float32Array(0);
  let size = 0;
  let filled = 0;
  const odd = new Map<string, number>();
  // Of what is no number, the first row that has it: enough to tell the first that is wrong.
  const oddAt = (at: number) => [...odd].find(([, first]) => first === at)?.[0];
  const put = (number: number) => {
    if (numbers instanceof Float32Array && Math.fround(number) !== number && !Number.isNaN(number)) {
      const wider = new Float64Array(numbers.length);
      wider.set(numbers.subarray(0, filled));
      numbers = wider;
    }
    numbers[filled++] = number;
  };
  return {
    add(cell, line) {
      const width = typeof cell === "object" ? cell.length : 1;
      if (filled === 0) {
        size = width;
        numbers = new Float32Array(most * size);
      } else if (width !== size)
        throw new InputError(`column "${name}": ${width} numbers, where the rows before have ${size}`, line);
      if (typeof cell === "object") return cell.forEach(put);
      const number = typeof cell === "string" ? numberIn(cell) : Number(cell);
      if (typeof cell === "string" && Number.isNaN(number) && !odd.has(cell)) odd.set(cell, filled);
      put(number);
    },
    end() {
      const found = numbers.subarray(0, filled);
      const text = (row: number) => {
        const number = found[row * size];
        return oddAt(row) ?? (Number.isNaN(number) ? "" : `${number}`);
      };
      return { size, numbers: () => found, text };
    },
  };
}

/** Each different text once, by number. */
export function textBuilder(most: number): ColumnBuilder {
  const codes = new Int32Array(most);
  const known = new Map<string, number>();
  let rows = 0;
  return {
    add(cell) {
      const text = typeof cell === "string" ? cell : JSON.stringify(cell);
      let code = known.get(text);
      if (code === undefined) {
        code = known.size;
        known.set(text, code);
      }
      codes[rows++] = code;
    },
    end() {
      const texts = [...known.keys()];
      const values = texts.map(numberIn);
      return {
        size: 1,
        numbers: () => Float64Array.from(codes.subarray(0, rows), (code) => values[code]),
        text: (row) => texts[codes[row]],
      };
    },
  };
}
