// IDX, the format of MNIST, optionally compressed with gzip.
import { sizeOf } from "../model/facts.ts";
import type { ModelFacts } from "../model/facts.ts";
import { isWithin } from "../step/batch.ts";
import { InputError } from "../step/errors.ts";
import { fieldOf } from "./fields.ts";
import type { Column, NumberArray, Table } from "./table.ts";

/** The parts of the Web Streams API that this file uses. */
declare const Blob: new (parts: readonly Uint8Array[]) => {
  stream(): { pipeThrough(stream: object): AsyncIterable<Uint8Array> };
};
declare const DecompressionStream: new (format: "gzip") => object;

/** The largest accepted size of unpacked data: 20 times the packed size, but at least 256 MiB. */
export const mostUnpacked = (packed: number): number => Math.max(0x10000000, 20 * packed);

export const unpackedTooFar = (most: number): string =>
  `the gzip data unpacks to more than ${most} bytes: unpack the file first, which lifts this limit`;

/** Unpacks gzip data; returns other bytes unchanged. */
export async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const most = mostUnpacked(bytes.length);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))) {
      size += part.length;
      if (size > most) break;
      parts.push(part);
    }
  } catch {
    throw new InputError("the gzip data is damaged or truncated");
  }
  if (size > most) throw new InputError(unpackedTooFar(most));
  const whole = new Uint8Array(size);
  for (let i = 0, at = 0; i < parts.length; at += parts[i++]!.length) whole.set(parts[i]!, at);
  return whole;
}

/**
 * The content of an IDX file. The layout of the file is
 *
 *   0  0  type  d  |  d lengths of 32 bits  |  the numbers, row-major
 *
 * The first length is the number of items. All numbers are big-endian.
 */
export interface IdxArray {
  /** The number of items, then the lengths of the other dimensions. */
  shape: readonly number[];
  numbers: NumberArray;
}

/** The typed array for an element type, and the method that reads an element. */
type IdxType = readonly [
  room: { new (count: number): NumberArray; readonly BYTES_PER_ELEMENT: number },
  read: "getUint8" | "getInt8" | "getInt16" | "getInt32" | "getFloat32" | "getFloat64",
];

/** Element types by the third byte of the file. */
const idxTypes: Readonly<Record<number, IdxType>> = {
  0x08: [Uint8Array, "getUint8"],
  0x09: [Int8Array, "getInt8"],
  0x0b: [Int16Array, "getInt16"],
  0x0c: [Int32Array, "getInt32"],
  0x0d: [Float32Array, "getFloat32"],
  0x0e: [Float64Array, "getFloat64"],
};

/**
 * Parses the header. `start` is the offset of the numbers, and `size` is the size that the file must have.
 */
export function idxHeader(bytes: Uint8Array): {
  shape: number[];
  type: IdxType;
  start: number;
  size: number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, second, type = 0, dimensions = 0] = bytes;
  const start = 4 + 4 * dimensions;
  if (first !== 0 || second !== 0 || !(type in idxTypes) || dimensions === 0)
    throw new InputError(
      `this is not an IDX file: its first bytes are ${bytes.subarray(0, 4).join(" ") || "missing"}`,
    );
  if (!(bytes.length >= start)) throw new InputError(`the file is truncated: it has ${bytes.length} bytes`);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const found = idxTypes[type]!;
  return { shape, type: found, start, size: start + sizeOf(shape) * found[0].BYTES_PER_ELEMENT };
}

/** Parses an IDX file. Throws if it is truncated or too long. */
export function parseIdx(bytes: Uint8Array): IdxArray {
  const { shape, type, start, size } = idxHeader(bytes);
  const [room, read] = type;
  const count = sizeOf(shape);
  if (size !== bytes.length) {
    const wrong = bytes.length < size ? "is truncated" : "has extra bytes";
    throw new InputError(
      `the file ${wrong}: ${shape.join("×")} numbers need ${size} bytes, but it has ${bytes.length}`,
    );
  }
  if (count === 0) throw new InputError("the file has no items");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = new room(count);
  for (let i = 0; i < count; i++) numbers[i] = view[read](start + i * room.BYTES_PER_ELEMENT);
  return { shape, numbers };
}

/**
 * Parses the file of an input or target. Throws if the items do not have the shape in the model, if their
 * number differs from that in the file `before`, or if a number is invalid. Axes of length 1 are ignored. If
 * the model's shape has one axis, items of any shape with that many numbers are valid.
 */
export function itemsOf(
  model: ModelFacts,
  name: string,
  bytes: Uint8Array,
  before?: { name: string; items: number },
): IdxArray {
  const found = parseIdx(bytes);
  const [items, ...own] = found.shape;
  const { shape } = Object.hasOwn(model.inputs, name) ? model.inputs[name]! : model.targets[name]!;
  const axes = (lengths: readonly number[]) => lengths.filter((length) => length !== 1).join();
  const isFlat = shape.length === 1 && shape[0] === sizeOf(own);
  if (!isFlat && axes(own) !== axes(shape))
    throw new InputError(
      `the items have the shape [${own.join(", ")}], but ${name} has [${shape.join(", ")}]`,
    );
  if (before && items !== before.items)
    throw new InputError(`the file has ${items} items, but that of ${before.name} has ${before.items}`);
  const { bounds } = fieldOf(model, name);
  const wrong = found.numbers.findIndex((value) => !isWithin(value, bounds));
  if (wrong < 0) return found;
  const what = bounds ? bounds.rule : "a number";
  throw new InputError(`item ${Math.floor(wrong / sizeOf(own))}: ${found.numbers[wrong]} is not ${what}`);
}

/** Combines the files of one split into a table. Each input and target is a column. */
export function idxTable(contents: Readonly<Record<string, IdxArray>>): Table {
  const rows = Object.values(contents)[0]!.shape[0]!;
  const columns = Object.entries(contents).map(([name, { numbers }]): [string, Column] => {
    const size = numbers.length / rows;
    return [name, { size, number: (i) => numbers[i]!, text: (row) => `${numbers[row * size]}` }];
  });
  return { rows, columns: new Map(columns), lineOf: (row) => `item ${row}` };
}
