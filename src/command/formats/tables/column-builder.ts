// Columns that are filled cell by cell while a file streams by. Their room grows with the cells that are
// there; no count that a file declares makes it larger.
import { InputError, shown } from "../../../runtime/step/errors.ts";
import { numberIn } from "../../../runtime/data/table.ts";
import type { Column } from "../../../runtime/data/table.ts";

/** What a cell holds: a text, or what the file itself says is a number, a truth value, or several numbers. */
export type Cell = string | number | boolean | readonly number[];

/** A column while it is read. */
export interface ColumnBuilder {
  /** The cell of the next row, on this line. Throws for one of another size than the rows before have. */
  add(cell: Cell, line: number | string | undefined): void;
  end(): Column;
}

const firstRoom = 16;

/** Twice the room, or the first. */
function widened<T extends Float32Array | Float64Array | Int32Array>(
  numbers: T,
  make: new (count: number) => T,
): T {
  const wider = new make(Math.max(firstRoom, 2 * numbers.length));
  wider.set(numbers);
  return wider;
}

/** Numbers in 32 bits as long as these hold each exactly, from then on in 64. */
export function numberBuilder(name: string): ColumnBuilder {
  let numbers: Float32Array | Float64Array = new Float32Array(0);
  let [size, rows, filled] = [0, 0, 0];
  // Of each text that is no number, the first row that has it: enough to tell the first that is wrong.
  const odd = new Set<string>();
  const oddAt = new Map<number, string>();
  const put = (number: number) => {
    if (numbers instanceof Float32Array && Math.fround(number) !== number && !Number.isNaN(number)) {
      const wider = new Float64Array(numbers.length);
      wider.set(numbers.subarray(0, filled));
      numbers = wider;
    }
    if (filled === numbers.length)
      numbers =
        numbers instanceof Float32Array ? widened(numbers, Float32Array) : widened(numbers, Float64Array);
    numbers[filled++] = number;
  };
  return {
    add(cell, line) {
      const width = typeof cell === "object" ? cell.length : 1;
      if (rows === 0) size = width;
      else if (width !== size) {
        const message = `column "${shown(name)}": ${width} numbers, where the rows before have ${size}`;
        throw new InputError(message, line);
      }
      rows++;
      if (typeof cell === "object") return cell.forEach(put);
      const number = typeof cell === "string" ? numberIn(cell) : Number(cell);
      if (typeof cell === "string" && Number.isNaN(number) && !odd.has(cell)) {
        odd.add(cell);
        oddAt.set(filled, cell);
      }
      put(number);
    },
    end() {
      const found = numbers.subarray(0, filled);
      const text = (row: number) => {
        const number = found[row * size];
        return oddAt.get(row) ?? (Number.isNaN(number) ? "" : `${number}`);
      };
      return { size, numbers: () => found, text };
    },
  };
}

/** Each different text once, by number. */
export function textBuilder(): ColumnBuilder {
  let codes = new Int32Array(0);
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
      if (rows === codes.length) codes = widened(codes, Int32Array);
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
