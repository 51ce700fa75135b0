/**
 * An ONNX model as the importer sees it: plain values that do not depend on the encoding of the file. The public
 * types of layers refer to these types.
 */
import type { Shape } from "../../ir/types.ts";
import { InvalidModel } from "./invalid-model.ts";

/** In graphs, all real numbers have the element type of the model, and all integers are i32. */
export type Element = "real" | "integer" | "boolean";

export interface TensorData {
  readonly element: Element;
  readonly shape: readonly number[];
  /** In row-major order. Integers above 2⁵³ are rounded. Only bounds such as "to the end" are that large. */
  readonly values: ArrayLike<number>;
}

export type Attribute = number | string | TensorData | ModelGraph | readonly number[] | readonly string[];

export interface ModelNode {
  /** The name in the file, or the name of its first output. */
  readonly name: string;
  readonly operator: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  /** The name of an optional input that is absent is empty. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** An input of the model. A dimension is a number, a name such as `batch`, or unknown. */
export interface ModelInput {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly (number | string | undefined)[];
}

/**
 * Returns the shape of an input in graphs. If the size of the first axis is not constant, it is the batch axis.
 * @throws InvalidModel if the size of another axis is not constant
 */
export const shapeOfInput = ({ name, shape }: ModelInput): Shape =>
  shape.map((size, axis) => {
    if (typeof size === "number") return size;
    if (axis === 0) return "n";
    throw new InvalidModel(
      `axis ${axis} of the input "${name}" has no constant size${size === undefined ? "" : ` (${size})`}; ` +
        "only the first axis, the batch, may be variable: export the model with constant sizes for the other axes",
    );
  });

export interface ModelGraph {
  readonly nodes: readonly ModelNode[];
  readonly initialisers: ReadonlyMap<string, TensorData>;
  /** The inputs that are not initialisers. */
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly string[];
}

export interface OnnxModel extends ModelGraph {
  /** The version of the standard operators. */
  readonly opset: number;
}

/** A file with external data. */
export interface ExternalFile {
  /** In bytes. */
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Opens a file by its path relative to the folder of the model. The path has no `..` and is not absolute.
 * @throws Error with the reason, if the file cannot be read or is outside of the folder
 */
export type OpenExternal = (location: string) => Promise<ExternalFile>;
