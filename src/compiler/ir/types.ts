/**
 * The types of values in a graph: an element type and a shape.
 *
 * A dimension is a number or the batch dimension `n`, which is known only at run time and is at most the
 * batch size of the model. No other dimension is dynamic: memory offsets are constants, and only loop bounds
 * depend on `n`.
 */

export type Dimension = number | "n";
export type Shape = readonly Dimension[];
/** `bool` is the result type of comparisons. In memory it is stored as the numbers 0 and 1. */
export type ElementType = "f32" | "f64" | "i32" | "bool";

export interface TensorType {
  readonly element: ElementType;
  readonly shape: Shape;
}

/** Thrown by a shape rule that rejects its operands. The builder adds the node to the message. */
export class TypeRefusal extends Error {}

export const tensorType = (element: ElementType, shape: Shape): TensorType => ({ element, shape });

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);

export const sameType = (a: TensorType, b: TensorType): boolean =>
  a.element === b.element && sameShape(a.shape, b.shape);

/** The type as text: `f32[n,64]`. */
export const typeText = (type: TensorType): string => `${type.element}[${type.shape.join(",")}]`;

/** The number of elements of a shape, for a batch of `rows` rows. */
export const sizeOf = (shape: Shape, rows: number): number =>
  shape.reduce<number>((size, dimension) => size * (dimension === "n" ? rows : dimension), 1);

/** The shape with the batch dimension replaced by a number. */
export const boundShape = (shape: Shape, rows: number): number[] =>
  shape.map((dimension) => (dimension === "n" ? rows : dimension));

export const isFloat = (element: ElementType): element is "f32" | "f64" =>
  element === "f32" || element === "f64";

/** Whether a finite number becomes infinite in f32. */
export const overflowsSingle = (value: number): boolean =>
  Number.isFinite(value) && !Number.isFinite(Math.fround(value));

/** Hints for numbers that f32 cannot represent. */
export const singleRange = {
  most: "use dtype f64, or a number whose absolute value is at most 3.4e38",
  least: "use dtype f64, 0, or a number whose absolute value is at least 1.4e-45",
} as const;
