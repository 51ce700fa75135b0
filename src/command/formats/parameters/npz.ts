/** NumPy's `.npz`: a zip archive of arrays, each a `.npy` file of its parameter's name. */
import { strFromU8, zipSync } from "fflate";
import { dump, parse } from "npyjs";
import { mostUnpacked } from "../../../runtime/data/gunzip.ts";
import { InputError, shown } from "../../../runtime/core/input-error.ts";
import { rowMajor } from "../../../compiler/util/row-major.ts";
import { unzipped } from "../../../compiler/util/unzip.ts";
import { notReal, shapeText, sizeIn, type StoredTensor, type TensorFormat } from "./tensors.ts";

/** The same parameters give the same bytes; zip counts the years from this one. */
const noDate = new Date(1980, 0, 1);

/** The header of an array, which the kept parser searches again and again. */
const mostHeaderBytes = 2 ** 16;

export const npz: TensorFormat = {
  encode(tensors) {
    const files = tensors.map(
      ({ name, shape, numbers }) => [`${name}.npy`, new Uint8Array(dump(numbers, [...shape]))] as const,
    );
    return zipSync(Object.fromEntries(files), { level: 0, mtime: noDate });
  },
  decode: (bytes) =>
    [...membersOf(bytes)].map(([file, content]) => tensorOf(file.replace(/\.npy$/, ""), content)),
};

function membersOf(bytes: Uint8Array): Map<string, Uint8Array> {
  if (strFromU8(bytes.subarray(0, 2), true) !== "PK")
    throw new InputError("this is no .npz file: it is no zip archive");
  try {
    return unzipped(bytes, mostUnpacked(bytes.length));
  } catch (error) {
    throw new InputError(
      `the archive is damaged or cut short: ${shown(error instanceof Error ? error.message : String(error), 200)}`,
    );
  }
}

/** One array; Fortran's order, which NumPy writes for a transposed one, is brought to rows. */
function tensorOf(name: string, file: Uint8Array): StoredTensor {
  const { data, shape, dtype, fortranOrder } = arrayIn(name, file);
  const isReal = data instanceof Float32Array || data instanceof Float64Array;
  if (isReal && sizeIn(shape) !== data.length)
    throw new InputError(`"${shown(name)}" of shape ${shapeText(shape)} cannot have ${data.length} numbers`);
  return {
    name,
    shape,
    numbers() {
      if (!isReal || !dtype.startsWith("f")) throw notReal(name, `"${shown(dtype)}" (NumPy's name)`);
      return fortranOrder ? rowMajor(data, shape) : data;
    },
  };
}

function arrayIn(name: string, file: Uint8Array): ReturnType<typeof parse> {
  // Its length has two bytes or, from version 2 on, four.
  const length =
    file.length < 12
      ? 0
      : file[8] + 2 ** 8 * file[9] + (file[6] > 1 ? 2 ** 16 * file[10] + 2 ** 24 * file[11] : 0);
  try {
    if (length > mostHeaderBytes) throw new Error(`its header takes ${length} bytes`);
    return parse(file.slice().buffer);
  } catch (error) {
    throw new InputError(
      `"${shown(name)}" is no .npy array: ${shown(error instanceof Error ? error.message : String(error), 200)}`,
    );
  }
}
