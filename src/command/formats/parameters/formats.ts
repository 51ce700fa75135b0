/** The formats of files of parameters, by the ending of the file's name. */
import { npz } from "./npz.ts";
import { safetensors } from "./safetensors.ts";
import type { TensorFormat } from "./tensors.ts";

export const tensorFormats: Readonly<Record<string, TensorFormat>> = {
  ".safetensors": safetensors,
  ".npz": npz,
};
