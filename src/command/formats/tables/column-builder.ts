/** Columns that grow while a file is read, and the selection of those that a model reads. */
import { InputError, shown } from "../../../runtime/step/errors.ts";
import type { Preparing } from "../../../runtime/data/dataset.ts";
import { namedBy } from "../../../runtime/data/fields.ts";
import type { ColumnFacts } from "../../../runtime/data/fields.ts";
import { numberIn } from "../../../runtime/data/table.ts";
import type { Column } from "../../../runtime/data/table.ts";
import { droppingColumns } from "../../../runtime/program/readers.ts";

// Columns that are filled cell by cell while a file is read. They grow with the cells that exist, not with a count
// that a file declares.

/** What a cell holds: a text, or what the file itself says is a number, a truth value, or several numbers. */
export type Cell = string | number | boolean | readonly number[];

/** A column while it is read. */
interface ColumnBuilder {
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
function numberBuilder(name: string): ColumnBuilder {
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
function textBuilder(): ColumnBuilder {
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

// The columns that a model reads, and how; other columns take no memory.

/** What a reader has to know of the model. */
export type Wanted = Pick<Preparing, "model" | "data">;

/** The names and ranges that the data section of the spec lists. */
export function listedColumns({ data }: Wanted): string[] {
  return Object.values({ ...data.inputs, ...data.targets }).flatMap(({ columns }) => columns);
}

/**
 * The same columns in another file, whatever their order there: ranges as they are written out in the one
 * with these names.
 */
export function writtenOut({ model, data }: Wanted, names: readonly string[]): Wanted {
  const side = (fields: Readonly<Record<string, ColumnFacts>>) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, { columns, ...others }]) => [
        name,
        { ...others, columns: namedBy(names, columns).flat() },
      ]),
    );
  return { model, data: { ...data, inputs: side(data.inputs), targets: side(data.targets) } };
}

/**
 * Where in a record a column stands that some input or target reads, how it is built, and whether a row may
 * miss its value.
 */
export interface WantedColumn {
  readonly name: string;
  readonly place: number;
  readonly builder: ColumnBuilder;
  readonly drops: boolean;
}

/** In the file's order. Names that the file lacks are told where they are looked for. */
export function wantedColumns(wanted: Wanted, names: readonly string[]): WantedColumn[] {
  const { model, data } = wanted;
  // Cells of texts and categories are read as they stand, and so are classes, which may be names.
  const isText = ([name, facts]: [string, ColumnFacts]) =>
    (["characters", "words", "categories"] as const).some((key) => facts[key] !== undefined) ||
    model.targets[name]?.classes !== undefined;
  const entries = Object.entries({ ...data.inputs, ...data.targets }).filter(isText);
  const texts = new Set(entries.flatMap(([, { columns }]) => namedBy(names, columns).flat()));
  const dropping = new Set(droppingColumns(data, names));
  const read = new Set(namedBy(names, listedColumns(wanted)).flat());
  return names.flatMap((name, place) => {
    if (!read.has(name)) return [];
    const builder = texts.has(name) ? textBuilder() : numberBuilder(name);
    return [{ name, place, builder, drops: dropping.has(name) }];
  });
}
