/** NumPy files: .npy arrays, and .npz archives of them. */
import { unzipSync, zipSync } from "fflate";
import { showValue } from "../../compiler/util/message-text.ts";
import { InputError, shown } from "../../runtime/step/errors.ts";
import { sizeOf } from "../../runtime/model/facts.ts";
import { mostUnpacked } from "../../runtime/data/idx.ts";

/**
 * The members of a zip archive by name, with at most `most` bytes in total. Declared sizes are not trusted.
 * @throws Error
 */
function unzipped(bytes: Uint8Array, most: number): Map<string, Uint8Array> {
  const names = new Set<string>();
  let total = 0;
  const members = unzipSync(bytes, {
    filter({ name, size, originalSize }) {
      if (names.has(name)) throw new Error(`two members have the name ${showValue(name)}`);
      names.add(name);
      // Members may share compressed bytes, so the larger of the compressed and the original size counts.
      total += Math.max(size, originalSize);
      if (total > most) throw new Error(`${showValue(name)} would unpack to more than ${most} bytes`);
      return true;
    },
  });
  return new Map(Object.entries(members));
}

// An .npy file is
//
// \x93NUMPY version (2 bytes) length of the header (2 bytes; 4 since version 2) header values
//
// The header is a Python literal: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }

/** The maximum size of a header, which limits the memory that a damaged or hostile file can use. */
const maxHeaderBytes = 2 ** 16;

const magic: Uint8Array = Buffer.from("\x93NUMPY", "latin1");

/** The parsed header. */
interface NpyHeader {
  /** NumPy's name of the type without the byte order, such as f8. */
  readonly type: string;
  /** Rows are along the first axis. */
  readonly shape: readonly number[];
  /** Whether values are in column-major (Fortran) order. */
  readonly isFortran: boolean;
  /** Reads a value of `width` bytes. */
  readonly read: ReadValue;
  readonly width: number;
  /** The offset of the values, and the size of the whole file in bytes. */
  readonly start: number;
  readonly size: number;
}

/** An array that decodes its values on access. */
export interface NumpyArray {
  readonly type: string;
  readonly shape: readonly number[];
  readonly rows: number;
  /** The number of values in a row. */
  readonly rowSize: number;
  /** A value of a row, by its row-major index. @throws InputError for an invalid string */
  at(row: number, position: number): number | string;
}

/** Reads a value. `row` appears in messages. */
type ReadValue = (view: DataView, at: number, row: number) => number | string;
type ReadNumber = (view: DataView, at: number, isLittle: boolean) => number;

const numberTypes: Readonly<Record<string, ReadNumber>> = {
  f2: (view, at, isLittle) => float16(view.getUint16(at, isLittle)),
  f4: (view, at, isLittle) => view.getFloat32(at, isLittle),
  f8: (view, at, isLittle) => view.getFloat64(at, isLittle),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, isLittle) => view.getInt16(at, isLittle),
  i4: (view, at, isLittle) => view.getInt32(at, isLittle),
  i8: (view, at, isLittle) => Number(view.getBigInt64(at, isLittle)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, isLittle) => view.getUint16(at, isLittle),
  u4: (view, at, isLittle) => view.getUint32(at, isLittle),
  u8: (view, at, isLittle) => Number(view.getBigUint64(at, isLittle)),
  b1: (view, at) => Number(view.getUint8(at) !== 0),
};

/** Parses the header. @throws InputError unless the array has numbers, booleans or strings */
export function npyHeader(bytes: Uint8Array): NpyHeader {
  if (bytes.length < 12) throw new InputError(`the array is truncated: it has ${bytes.length} bytes`);
  if (!magic.every((byte, i) => bytes[i] === byte))
    throw new InputError("it does not begin with the signature of a NumPy array");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] > 1 ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
  if (start > maxHeaderBytes)
    throw new InputError(
      `the header of the array has ${start} bytes; at most ${maxHeaderBytes} are supported`,
    );
  const text = new TextDecoder("latin1").decode(bytes.subarray(10, start));
  const { type, read, width } = typeIn(text);
  const shape = shapeIn(text);
  const isFortran = /'fortran_order': ?True/.test(text);
  return { type, shape, isFortran, read, width, start, size: start + sizeOf(shape) * width };
}

function typeIn(text: string): Pick<NpyHeader, "type" | "read" | "width"> {
  const [, order, type = "", kind, digits] = /'descr': ?'([<>|=])(([fiubU])(\d{1,9}))'/.exec(text) ?? [];
  const isLittle = order !== ">";
  const length = Number(digits);
  if (kind === "U" && length > 0)
    return {
      type,
      width: 4 * length,
      read: (view, at, row) =>
        textAt(
          new Uint32Array(length).map((_, i) => view.getUint32(at + 4 * i, isLittle)),
          row,
        ),
    };
  if (Object.hasOwn(numberTypes, type)) {
    const read = numberTypes[type];
    return { type, width: length === 0 ? 1 : length, read: (view, at) => read(view, at, isLittle) };
  }
  const [, found = "none"] = /'descr': ?('[^']{0,40}'|.{0,40})/.exec(text) ?? [];
  throw new InputError(
    `the type ${shown(found)} is not supported: values must be numbers, booleans or strings`,
  );
}

function shapeIn(text: string): number[] {
  const [, list] = /'shape': ?\(([\d, ]*)\)/.exec(text) ?? [];
  const shape = list?.split(",").flatMap((extent) => (extent.trim() === "" ? [] : [Number(extent)]));
  if (shape === undefined || shape.some(Number.isNaN))
    throw new InputError("the header of the array contains no shape");
  return shape;
}

/** Strings are padded with zeros to the length of the longest. */
function textAt(codes: Uint32Array, row: number): string {
  let text = "";
  for (const code of codes) {
    if (code > 0x10ffff || code >> 11 === 0xd800 >> 11)
      throw new InputError(
        `the string contains the code ${code}, which is not a valid character`,
        `row ${row + 1}`,
      );
    if (code !== 0) text += String.fromCodePoint(code);
  }
  return text;
}

/** @throws InputError for unsupported types, and if the file does not have the declared size */
export function parseNpy(bytes: Uint8Array): NumpyArray {
  const { type, shape, isFortran, read, width, start, size } = npyHeader(bytes);
  if (size !== bytes.length)
    throw new InputError(
      `the array has the wrong size: an array of shape ${shapeText(shape)} takes ${size} bytes, ` +
        `but the file has ${bytes.length}`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [rows = 1, ...axes] = shape;
  const rowSize = sizeOf(axes);
  const offsets = isFortran && size > start ? columnMajorOffsets(rows, axes) : undefined;
  return {
    type,
    shape,
    rows,
    rowSize,
    at(row, position) {
      const offset = offsets ? row + offsets[position] : row * rowSize + position;
      return read(view, start + width * offset, row);
    },
  };
}

/**
 * Returns the offset of each number of row 0 in a column-major array, counted in numbers. The numbers of the
 * row are in row-major order. The offsets of row r are larger by r.
 */
function columnMajorOffsets(rows: number, axes: readonly number[]): number[] {
  return axes.reduce(
    ({ offsets, stride }, extent) => ({
      offsets: offsets.flatMap((offset) => Array.from({ length: extent }, (_, i) => offset + i * stride)),
      stride: stride * extent,
    }),
    { offsets: [0], stride: rows },
  ).offsets;
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** The unparsed members of an .npz archive by name. @throws InputError */
export function membersOf(bytes: Uint8Array): Map<string, Uint8Array> {
  try {
    return unzipped(bytes, mostUnpacked(bytes.length));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new InputError(`the archive is damaged or truncated: ${shown(error.message, 200)}`);
  }
}

/** The earliest date in zip. A fixed date makes equal archives equal byte for byte. */
const noDate = new Date(1980, 0, 1);

/** An .npz archive of row-major arrays. Equal arrays produce equal bytes. */
export function npzOf(
  arrays: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly numbers: Float32Array | Float64Array;
  }[],
): Uint8Array {
  const files = arrays.map(({ name, shape, numbers }) => [`${name}.npy`, npyOf(shape, numbers)] as const);
  return zipSync(Object.fromEntries(files), { level: 0, mtime: noDate });
}

/** The header ends with a line break and is padded with spaces to a multiple of 8 bytes. */
function npyOf(shape: readonly number[], numbers: Float32Array | Float64Array): Uint8Array {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(",");
  const fields = `{'descr':'<f${numbers.BYTES_PER_ELEMENT}','fortran_order':False,'shape':(${extents})}`;
  const header = `${fields.padEnd(8 * Math.ceil((fields.length + 12) / 8) - 11)}\n`;
  const bytes = new Uint8Array(10 + header.length + numbers.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set([...magic, 1, 0]);
  view.setUint16(8, header.length, true);
  bytes.set(Buffer.from(header, "latin1"), 10);
  numbers.forEach((value, i) => {
    const at = 10 + header.length + i * numbers.BYTES_PER_ELEMENT;
    if (numbers instanceof Float32Array) view.setFloat32(at, value, true);
    else view.setFloat64(at, value, true);
  });
  return bytes;
}

// Decodes the 16-bit floats in NumPy and safetensors files, because JavaScript has no such type.

/** IEEE half precision: sign, exponent (5 bits, bias 15), fraction (10 bits). */
export function float16(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, (bits & 0x3ff) / 0x400];
  if (exponent === 0) return sign * 2 ** -14 * fraction;
  if (exponent < 0x1f) return sign * 2 ** (exponent - 15) * (1 + fraction);
  return fraction === 0 ? sign * Infinity : NaN;
}

/** bfloat16: the upper half of a 32-bit float. */
export function bfloat16(bits: number): number {
  const wide = new DataView(new ArrayBuffer(4));
  wide.setUint16(0, bits);
  return wide.getFloat32(0);
}
