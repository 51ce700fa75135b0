// One array of NumPy, as .npy files and the members of .npz files hold it. The kept parser reads header and numbers; what it does not
// know is brought into the form that it knows: the largest byte first, the first axis fastest, texts.
import { parse } from "npyjs";
import { InputError } from "../runtime/input-error.ts";
import { sizeOf } from "../runtime/model-facts.ts";
import { rowMajor } from "../util/row-major.ts";

/** An array, the last axis fastest. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number | string>;
}

/** Throws an InputError for what is no array of numbers, truth values or texts. */
export function parseNpy(bytes: Uint8Array): NumpyArray {
  const copy = bytes.slice();
  const header = headerOf(copy);
  if (header.isBigEndian) reverseNumbers(copy, header);
  const isText = header.kind === "U";
  // The texts' own bytes are read here: the parser calls one function with all of them at once.
  const { data, shape, fortranOrder } = parsed(copy.subarray(0, isText ? header.start : copy.length));
  const values: ArrayLike<number | string> = isText
    ? textsIn(copy, header)
    : Array.isArray(data)
      ? data.map(Number)
      : numbersIn(data);
  if (values.length !== sizeOf(shape))
    throw new InputError(
      `the array is cut short or goes on after its end: the shape is [${shape.join(", ")}], and there are ${values.length} values`,
    );
  return { shape, values: fortranOrder ? rowMajor(values, shape) : values };
}

function parsed(bytes: Uint8Array): ReturnType<typeof parse> {
  try {
    return parse(bytes.slice().buffer);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new InputError(`the array is damaged or cut short: ${error.message}`);
  }
}

interface Header {
  /** Where the values begin. */
  readonly start: number;
  /** f, i, u, b, U … and how many bytes a value takes. */
  readonly kind: string;
  readonly width: number;
  readonly isBigEndian: boolean;
}

function headerOf(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) throw new InputError(`the array is cut short: it has ${bytes.length} bytes`);
  const start = bytes[6] > 1 ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, start));
  const [, order, kind, digits] = /'descr': *'([<>|=])([fiubU])(\d+)'/.exec(text) ?? [];
  if (kind === undefined) {
    const [, found = "none"] = /'descr': *(.*?), *'fortran_order'/.exec(text) ?? [];
    throw new InputError(`the type of the values is ${found}: only numbers, truth values and texts are read`);
  }
  return { start, kind, width: Number(digits) * (kind === "U" ? 4 : 1), isBigEndian: order === ">" };
}

/** Turns the bytes of each number round, and says so in the header. */
function reverseNumbers(bytes: Uint8Array, { start, kind, width }: Header): void {
  const unit = kind === "U" ? 4 : width;
  for (let at = start; at + unit <= bytes.length; at += unit) bytes.subarray(at, at + unit).reverse();
  bytes[bytes.indexOf(">".charCodeAt(0))] = "<".charCodeAt(0);
}

/** Each text is as long as the longest, filled up with zeros. */
function textsIn(bytes: Uint8Array, { start, width }: Header): string[] {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: Math.floor((bytes.length - start) / width) }, (_, i) => {
    let text = "";
    for (let at = start + i * width; at < start + (i + 1) * width; at += 4) {
      const code = view.getUint32(at, true);
      if (code > 0x10ffff || code >> 11 === 0xd800 >> 11)
        throw new InputError(`value ${i + 1}: the text holds the code ${code}, which is no character`);
      if (code !== 0) text += String.fromCodePoint(code);
    }
    return text;
  });
}

function numbersIn(data: ArrayBufferView): ArrayLike<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return data as Float64Array;
}
