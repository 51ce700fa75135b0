/** Named tensors on their way out of this project or into it: what a file of parameters holds, whatever its format. */
import { InputError, shown } from "../../../runtime/step/errors.ts";

/** A parameter to be written. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly numbers: Float32Array | Float64Array;
}

/** A tensor that a file says it has. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major. They are read only when they are asked for, and throw if they are no real numbers. */
  numbers(): ArrayLike<number>;
}

/** One way to put named tensors into a file. */
export interface TensorFormat {
  /** `facts` about the model, for formats that have room for them. */
  encode(tensors: readonly NamedTensor[], facts: Readonly<Record<string, string>>): Uint8Array;
  /** Nothing in the bytes is trusted. @throws InputError if they are no such file. */
  decode(bytes: Uint8Array): StoredTensor[];
}

/** What is no shape of a tensor gives NaN. */
export function sizeIn(shape: unknown): number {
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isInteger(extent) && extent >= 0);
  return isShape ? shape.reduce((product, extent) => product * extent, 1) : NaN;
}

/** Its extents in brackets, as many of them as a message has room for. */
export const shapeText = (shape: readonly unknown[]): string => `[${shown(shape.slice(0, 60).join(", "))}]`;

/** For numbers that no parameter can have. */
export const notReal = (name: string, type: string): InputError =>
  new InputError(`"${shown(name)}" holds ${type}; a parameter is real numbers of 16, 32 or 64 bits`);
