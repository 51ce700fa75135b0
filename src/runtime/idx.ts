// IDX, the format of MNIST: numbers of one type in a box of any dimensions, big-endian. Only trainers of a spec with `idx` have this.
//
//   0  0  type  d  |  d lengths of 32 bits, the first of them the number of items  |  the numbers, the last dimension fastest
import type { DataFacts } from "./fields.ts";
import { InputError } from "./input-error.ts";
import { sizeOf, type ModelFacts } from "./model-facts.ts";
import { placeColumn, placeColumns } from "./places.ts";
import { classBounds, vocabularyBounds, type IndexBounds } from "./slots.ts";
import type { Column, NumberColumn, Table } from "./table.ts";

/** What an IDX file holds. */
export interface IdxArray {
  /** The lengths of its dimensions; items are along the first. */
  shape: readonly number[];
  numbers: NumberColumn;
}

/** By the third byte of the file: how many bytes a number takes, room for so many of them, and how to read one. */
const idxTypes: Readonly<
  Record<
    number,
    {
      bytes: number;
      room(count: number): NumberColumn;
      read(view: DataView, at: number): number;
    }
  >
> = {
  0x08: { bytes: 1, room: (count) => new Uint8Array(count), read: (view, at) => view.getUint8(at) },
  0x09: { bytes: 1, room: (count) => new Int8Array(count), read: (view, at) => view.getInt8(at) },
  0x0b: { bytes: 2, room: (count) => new Int16Array(count), read: (view, at) => view.getInt16(at) },
  0x0c: { bytes: 4, room: (count) => new Int32Array(count), read: (view, at) => view.getInt32(at) },
  0x0d: { bytes: 4, room: (count) => new Float32Array(count), read: (view, at) => view.getFloat32(at) },
  0x0e: { bytes: 8, room: (count) => new Float64Array(count), read: (view, at) => view.getFloat64(at) },
};

/** Takes an IDX file apart. Anything else, and one that is cut short or goes on after its end, throws. */
export function parseIdx(bytes: Uint8Array): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes[0] === 0 && bytes[1] === 0 ? idxTypes[bytes[2]] : undefined;
  const dimensions = bytes[3];
  const start = 4 + 4 * dimensions;
  if (type === undefined || dimensions === 0) {
    const found = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const what = found === "" ? "it is empty" : `it begins with the bytes ${found}`;
    throw new InputError(`this is no IDX file: ${what}`);
  }
  if (!(bytes.length >= start)) throw new InputError(`the file is cut short: it has ${bytes.length} bytes`);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const count = sizeOf(shape);
  const size = start + count * type.bytes;
  if (size !== bytes.length) {
    const wrong = bytes.length < size ? "is cut short" : "goes on after its end";
    throw new InputError(
      `the file ${wrong}: ${shape.join("×")} numbers take ${size} bytes, and it has ${bytes.length}`,
    );
  }
  if (count === 0) throw new InputError("the file holds no items");
  const numbers = type.room(count);
  for (let i = 0; i < count; i++) numbers[i] = type.read(view, start + i * type.bytes);
  return { shape, numbers };
}

/**
 * What the file of an input or target holds. Items of another shape than the model's, another number of them than `before` has, and what
 * can be no index or no number throw. Axes of length 1 do not matter, and a flat shape takes items of any.
 */
export function itemsOf(
  { inputs, targets }: ModelFacts,
  name: string,
  bytes: Uint8Array,
  before?: { name: string; items: number },
): IdxArray {
  const found = parseIdx(bytes);
  const [items, ...own] = found.shape;
  const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  const { shape } = input ?? targets[name];
  const axes = (lengths: readonly number[]) => lengths.filter((length) => length !== 1).join();
  const isFlat = shape.length === 1 && shape[0] === sizeOf(own);
  if (!isFlat && axes(own) !== axes(shape))
    throw new InputError(
      `the items have the shape [${own.join(", ")}], but ${name} has [${shape.join(", ")}]`,
    );
  if (before && items !== before.items)
    throw new InputError(`the file has ${items} items, but that of ${before.name} has ${before.items}`);
  const bounds = input === undefined ? targetBounds(targets[name].classes) : inputBounds(input);
  const wrong = found.numbers.findIndex((value) => !isWithin(value, bounds));
  if (wrong < 0) return found;
  const what = bounds ? bounds.rule : "a number";
  throw new InputError(`item ${Math.floor(wrong / sizeOf(own))}: ${found.numbers[wrong]} is not ${what}`);
}

const targetBounds = (classes?: number) => (classes === undefined ? undefined : classBounds(classes));

const inputBounds = ({ dtype, vocabulary }: ModelFacts["inputs"][string]) =>
  dtype === "i32" ? vocabularyBounds(vocabulary) : undefined;

function isWithin(value: number, bounds: IndexBounds | undefined): boolean {
  if (bounds === undefined) return Number.isFinite(value);
  return Number.isInteger(value) && value >= bounds.lowest && value <= bounds.highest;
}

/** The table of a part of the data: each place of an item is a column. */
export function idxTable(files: Readonly<Record<string, IdxArray>>): Table {
  const columns = new Map<string, Column>();
  let rows = 0;
  for (const [name, { shape, numbers }] of Object.entries(files)) {
    rows = shape[0];
    const size = numbers.length / rows;
    for (let i = 0; i < size; i++) {
      const column = numbers.slice(0, rows);
      for (let row = 0; row < rows; row++) column[row] = numbers[row * size + i];
      columns.set(placeColumn(name, i), column);
    }
  }
  return { rows, columns, records: new Array<object>(rows).fill({}) };
}

/** The data section with the columns of {@link idxTable}. */
export function idxData({ inputs, targets }: ModelFacts, data: DataFacts): DataFacts {
  const within = (facts: DataFacts["inputs"], slots: Record<string, { shape: number[] }>) =>
    Object.fromEntries(
      Object.entries(slots).map(([name, { shape }]) => [
        name,
        { ...facts[name], columns: placeColumns(name, sizeOf(shape)) },
      ]),
    );
  return { inputs: within(data.inputs, inputs), targets: within(data.targets, targets) };
}
