/** The formats of files of parameters, by the ending of the file's name. */
import { InputError, shown } from "../../../runtime/step/errors.ts";
import { membersOf, npzOf, parseNpy } from "../npy.ts";
import type { NumpyArray } from "../npy.ts";
import { safetensors } from "./safetensors.ts";
import { notReal } from "./tensors.ts";
import type { StoredTensor, TensorFormat } from "./tensors.ts";

/** NumPy's `.npz`: a zip archive of arrays, each a `.npy` file of its parameter's name. */
export const npz: TensorFormat = {
  encode: npzOf,
  decode(bytes) {
    if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
      throw new InputError("this is no .npz file: it is no zip archive");
    return [...membersOf(bytes)].map(([file, content]) => tensorOf(file.replace(/\.npy$/, ""), content));
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
    throw new InputError(`"${shown(name)}" is no .npy array: ${error.message}`);
  }
}

export const tensorFormats: Readonly<Record<string, TensorFormat>> = {
  ".safetensors": safetensors,
  ".npz": npz,
};
