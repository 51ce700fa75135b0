/**
 * The interfaces that all formats of parameter files share: tensors to write, tensors that were read, and the
 * format itself, with encoder and decoder. Checks names and shapes of tensors.
 */
import { didYouMean } from "../../../compiler/util/message-text.ts";
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
  /** The name of the element type in a format that has such names. */
  readonly type?: string;
  /** Decodes the values, row-major. @throws InputError if they are not floating-point numbers */
  numbers(): ArrayLike<number>;
}

/** Whose names and layouts a file of tensors has: "emitted" are those of the emitted PyTorch file. */
export const layoutNames = ["tapeless", "pytorch", "emitted"] as const;
export type LayoutName = (typeof layoutNames)[number];

/** The tensors of a file, and its metadata. */
export interface ReadTensors {
  readonly tensors: readonly StoredTensor[];
  /** Undefined for formats without metadata. `format` is "tapeless", or "pt" for PyTorch. */
  readonly facts?: Readonly<Record<string, string>>;
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

/**
 * Errors for missing tensors, tensors of the wrong shape, and tensors that the model does not have. `what` says in
 * messages what the expected tensors are.
 */
export function tensorErrors(
  expectedTensors: readonly Pick<StoredTensor, "name" | "shape">[],
  tensors: readonly StoredTensor[],
  what = "a parameter of the model",
): string[] {
  const expected = new Map(expectedTensors.map((tensor) => [tensor.name, tensor]));
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const unexpected = [...found.keys()].filter((name) => !expected.has(name));
  const suggested = new Set<string>();
  const errors = expectedTensors.flatMap(({ name, shape }): string[] => {
    const tensor = found.get(name);
    if (tensor !== undefined) return shapeErrors(name, shape, tensor.shape);
    const similar = didYouMean(name, unexpected);
    if (similar !== undefined) suggested.add(similar);
    return [`the file has no "${name}"${similar === undefined ? "" : `; it has "${shown(similar)}"`}`];
  });
  const others = unexpected
    .filter((name) => !suggested.has(name))
    .map((name) => `"${shown(name)}" is not ${what}`);
  return [...errors, ...others];
}

function shapeErrors(name: string, shape: readonly number[], found: readonly number[]): string[] {
  const [wanted, given] = [shape, found].map((extents) => `[${extents.join(", ")}]`);
  if (wanted === given) return [];
  const isTransposed = shape.length === 2 && given === `[${shape[1]}, ${shape[0]}]`;
  const why = isTransposed ? ": transpose it (PyTorch stores weights transposed)" : "";
  return [`"${name}" has shape ${shown(given)} in the file and ${wanted} in the model${why}`];
}
