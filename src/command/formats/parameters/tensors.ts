/**
 * The interfaces that all formats of parameter files share: tensors to write, tensors that were read, and the
 * format itself, with encoder and decoder.
 */
import { InputError, shown } from "../../../runtime/step/errors.ts";

/** A parameter to write. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly numbers: Float32Array | Float64Array;
}

/** A tensor that a file declares. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Decodes the values, row-major. @throws InputError if they are not floating-point numbers */
  numbers(): ArrayLike<number>;
}

/** Whose names and layouts a file of tensors has. */
export const layoutNames = ["tapeless", "pytorch"] as const;
export type LayoutName = (typeof layoutNames)[number];

/** The tensors of a file, and its metadata. */
export interface ReadTensors {
  readonly tensors: readonly StoredTensor[];
  /** Undefined for formats without metadata. `format` is "tapeless", or "pt" for PyTorch. */
  readonly facts?: { readonly format?: string };
}

/** A file format of named tensors. */
export interface TensorFormat {
  /** `facts`: metadata of the model, for formats that support it. */
  encode(tensors: readonly NamedTensor[], facts: Readonly<Record<string, string>>): Uint8Array;
  /** Validates everything in the file. @throws InputError if the bytes are not a file of this format */
  decode(bytes: Uint8Array): ReadTensors;
}

/** The number of elements of a shape; NaN if the value is not a shape. */
export function sizeIn(shape: unknown): number {
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isInteger(extent) && extent >= 0);
  return isShape ? shape.reduce((product, extent) => product * extent, 1) : NaN;
}

/** The shape in brackets, shortened for messages. */
export const shapeText = (shape: readonly unknown[]): string => `[${shown(shape.slice(0, 60).join(", "))}]`;

/** The error for values of an unsupported type. */
export const notReal = (name: string, type: string): InputError =>
  new InputError(
    `"${shown(name)}" has values of type ${type}; parameters must be floats of 16, 32 or 64 bits`,
  );
