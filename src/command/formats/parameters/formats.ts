/** Formats of parameter files by file extension, and the reader and writer of safetensors. */
import { InputError, shown } from "../../../runtime/step/errors.ts";
import { bfloat16, float16, membersOf, npzOf, parseNpy } from "../npy.ts";
import type { NumpyArray } from "../npy.ts";
import { notReal, shapeText, sizeIn } from "./tensors.ts";
import type { NamedTensor, StoredTensor, TensorFormat } from "./tensors.ts";

// Safetensors, the exchange format of PyTorch and JAX:
//
//   header length (64 bits) | header: {"NAME": {"dtype", "shape", "data_offsets": [begin, end]}, …} | numbers
//
// All numbers are little-endian. Offsets count from the end of the header. Tensors are contiguous, without
// gaps.

type ReadNumber = (view: DataView, at: number) => number;

/** Readers of the format's floating-point types. */
const realTypes: Readonly<Record<string, ReadNumber>> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: (view, at) => float16(view.getUint16(at, true)),
  BF16: (view, at) => bfloat16(view.getUint16(at, true)),
};

const maxHeaderBytes = 100e6;

export const safetensors: TensorFormat = {
  encode(tensors, facts) {
    let end = 0;
    const entryOf = ({ name, shape, numbers }: NamedTensor) => {
      const begin = end;
      end += numbers.byteLength;
      const dtype = numbers instanceof Float64Array ? "F64" : "F32";
      return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
    };
    const header = JSON.stringify({ __metadata__: facts, ...Object.fromEntries(tensors.map(entryOf)) });
    const text = new TextEncoder().encode(header);
    // Padded with spaces, so that the numbers begin at a multiple of 8.
    const start = 8 + Math.ceil(text.length / 8) * 8;
    const bytes = new Uint8Array(start + end).fill(32, 0, start);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
    bytes.set(text, 8);
    let at = start;
    for (const { numbers } of tensors) {
      bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
      at += numbers.byteLength;
    }
    return bytes;
  },

  decode(bytes) {
    const { header, data } = partsOf(bytes);
    const stored = Object.entries(header)
      .filter(([name]) => name !== "__metadata__")
      .map(([name, entry]) => tensorIn(name, entry, data));
    let end = 0;
    for (const { begin, end: own, tensor } of stored.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
      if (begin !== end)
        throw new InputError(`"${shown(tensor.name)}" does not begin where the previous tensor ends`);
      end = own;
    }
    if (end !== data.length)
      throw new InputError(`the tensors take ${end} bytes, but ${data.length} follow the header`);
    return { tensors: stored.map(({ tensor }) => tensor), facts: factsIn(header) };
  },
};

/** The metadata of a file whose header can be read. Undefined for any other file. */
export function safetensorsMetadata(bytes: Uint8Array): Readonly<Record<string, string>> | undefined {
  try {
    return factsIn(partsOf(bytes).header);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The metadata. Values of other types than strings are ignored. */
function factsIn(header: object): Readonly<Record<string, string>> {
  const metadata: unknown = Object.hasOwn(header, "__metadata__") ? Reflect.get(header, "__metadata__") : {};
  const entries = Object.entries(Object(metadata));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function partsOf(bytes: Uint8Array): { header: object; data: Uint8Array } {
  if (bytes.length < 8) throw new InputError("this is not a safetensors file: it is too short");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > maxHeaderBytes || Number(length) > bytes.length - 8)
    throw new InputError(
      `this is not a safetensors file, or it is truncated: it declares a header of ${length} bytes, but ` +
        `only ${bytes.length - 8} follow`,
    );
  const start = 8 + Number(length);
  const header = parsed(new TextDecoder().decode(bytes.subarray(8, start)));
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new InputError("this is not a safetensors file: its header is not a JSON object");
  return { header, data: bytes.subarray(start) };
}

/** Undefined if the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A tensor and its range of the data.
 * @throws InputError if the range is invalid or does not fit the shape
 */
function tensorIn(
  name: string,
  entry: unknown,
  data: Uint8Array,
): { begin: number; end: number; tensor: StoredTensor } {
  const { dtype, shape, data_offsets: offsets }: Readonly<Record<string, unknown>> = { ...Object(entry) };
  const size = sizeIn(shape);
  const [begin, end] = Array.isArray(offsets) && offsets.every(Number.isInteger) ? offsets : [];
  if (
    typeof dtype !== "string" ||
    !Array.isArray(shape) ||
    Number.isNaN(size) ||
    !(begin >= 0 && begin <= end)
  )
    throw new InputError(
      `the header entry of "${shown(name)}" is invalid: it needs dtype, shape and data_offsets`,
    );
  if (end > data.length)
    throw new InputError(
      `the file is truncated: "${shown(name)}" ends at byte ${end}, but the file has ${data.length}`,
    );
  const read = Object.hasOwn(realTypes, dtype) ? realTypes[dtype] : undefined;
  const width = Number(/\d+$/.exec(dtype)?.[0]) / 8;
  if (read !== undefined && size * width !== end - begin)
    throw new InputError(
      `"${shown(name)}" has ${end - begin} bytes, but shape ${shapeText(shape)} and type ${dtype} need ${size * width}`,
    );
  const numbers = () => {
    if (read === undefined) throw notReal(name, shown(dtype));
    const view = new DataView(data.buffer, data.byteOffset + begin, end - begin);
    return Float64Array.from({ length: size }, (_, i) => read(view, i * width));
  };
  return { begin, end, tensor: { name, shape, type: dtype, numbers } };
}

// The formats by file extension.

/** NumPy's `.npz`: a zip archive with one `.npy` file per parameter, named after it. */
export const npz: TensorFormat = {
  encode: npzOf,
  decode(bytes) {
    if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
      throw new InputError("this is not an .npz file: it is not a zip archive");
    return {
      tensors: [...membersOf(bytes)].map(([file, content]) => tensorOf(file.replace(/\.npy$/, ""), content)),
    };
  },
};

function tensorOf(name: string, file: Uint8Array): StoredTensor {
  const { type, shape, rows, rowSize, at } = arrayIn(name, file);
  return {
    name,
    shape,
    numbers() {
      if (!type.startsWith("f")) throw notReal(name, `"${type}" (NumPy's name)`);
      return Float64Array.from({ length: rows * rowSize }, (_, i) =>
        Number(at(Math.floor(i / rowSize), i % rowSize)),
      );
    },
  };
}

function arrayIn(name: string, file: Uint8Array): NumpyArray {
  try {
    return parseNpy(file);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`"${shown(name)}" is not a valid .npy array: ${error.message}`);
  }
}

export const tensorFormats: Readonly<Record<string, TensorFormat>> = {
  ".safetensors": safetensors,
  ".npz": npz,
};
