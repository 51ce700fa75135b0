/** NumPy's `.npz`: a zip archive of arrays, each a `.npy` file of its parameter's name. */
import { strFromU8, unzipSync, zipSync } from "fflate";
import { dump, parse } from "npyjs";
import { InputError } from "../runtime/input-error.ts";
import { rowMajor } from "../util/row-major.ts";
import { notReal, sizeIn, type StoredTensor, type TensorFormat } from "./tensors.ts";

/** The same parameters give the same bytes; zip counts the years from this one. */
const noDate = new Date(1980, 0, 1);

/** Deflate cannot pack more into a byte: what claims to hold more is no array, but a trap. */
const mostBytesOfOne = 1040;

export const npz: TensorFormat = {
  encode(tensors) {
    const files = tensors.map(
      ({ name, shape, numbers }) => [`${name}.npy`, new Uint8Array(dump(numbers, [...shape]))] as const,
    );
    return zipSync(Object.fromEntries(files), { level: 0, mtime: noDate });
  },
  decode: (bytes) =>
    Object.entries(unzipped(bytes)).map(([file, content]) => tensorOf(file.replace(/\.npy$/, ""), content)),
};

function unzipped(bytes: Uint8Array): Record<string, Uint8Array> {
  if (strFromU8(bytes.subarray(0, 2), true) !== "PK")
    throw new InputError("this is no .npz file: it is no zip archive");
  try {
    return unzipSync(bytes, {
      filter({ name, size, originalSize }) {
        if (originalSize <= mostBytesOfOne * (size + 1)) return true;
        throw new Error(`${name} claims to hold ${originalSize} bytes in ${size}`);
      },
    });
  } catch (error) {
    throw new InputError(
      `the archive is damaged or cut short: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** One array; Fortran's order, which NumPy writes for a transposed one, is brought to rows. */
function tensorOf(name: string, file: Uint8Array): StoredTensor {
  const { data, shape, dtype, fortranOrder } = arrayIn(name, file);
  const isReal = data instanceof Float32Array || data instanceof Float64Array;
  if (isReal && sizeIn(shape) !== data.length)
    throw new InputError(`"${name}" of shape [${shape.join(", ")}] cannot have ${data.length} numbers`);
  return {
    name,
    shape,
    numbers() {
      if (!isReal || !dtype.startsWith("f")) throw notReal(name, `"${dtype}" (NumPy's name)`);
      return fortranOrder ? rowMajor(data, shape) : data;
    },
  };
}

function arrayIn(name: string, file: Uint8Array): ReturnType<typeof parse> {
  try {
    return parse(file.slice().buffer);
  } catch (error) {
    throw new InputError(
      `"${name}" is no .npy array: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
