/**
 * The values of a model during the import. A value is known, a node of the graph, or a node whose axes are merged. The
 * elements of a known value are numbers or sizes that depend on the batch. Exported models compute shapes with
 * ordinary operators on integers. These values are known, so they disappear from the graph.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Dimension, ElementType, Shape } from "../../ir/types.ts";
import type { Element, TensorData } from "./model.ts";

/** A size in the file: a number, the batch size `n`, or a multiple of the batch size such as `8n`. */
export type Size = Dimension | `${number}n`;

export interface Known {
  readonly element: Element;
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: readonly Size[];
}

export type Value = Known | Node;

/**
 * A value some of whose axes are products of axes of a node. Exporters merge axes for operators that take matrices, and
 * separate them again afterwards: attention computes on [n · heads, time, size], a convolution on [n · positions,
 * channels]. Graphs have no axis of the size 8n, and keeping the axes apart gives the same numbers.
 */
export interface Merged {
  /** It has the same elements in the same order. */
  readonly node: Node;
  /** For each axis of the value, the number of consecutive axes of the node. */
  readonly parts: readonly number[];
  /** The node with the axes of the value; undefined if an axis has a size such as 8n. */
  readonly plain: Node | undefined;
}

/** A value as it is stored under its name. Most operators read values without merged axes. */
export type Stored = Value | Merged;

export const isKnown = (value: Stored): value is Known => "values" in value;
export const isMerged = (value: Stored): value is Merged => "parts" in value;

export const known = (element: Element, shape: readonly number[], values: readonly Size[]): Known => ({
  element,
  shape,
  values,
});

export const knownTensor = ({ element, shape, values }: TensorData): Known =>
  known(element, shape, Array.from(values));

/** A known list of integers. */
export const knownList = (values: readonly Size[]): Known => known("integer", [values.length], values);

export const shapeOf = (value: Value): Shape => (isKnown(value) ? value.shape : value.type.shape);

/** The shape in the file. */
export const sizesOf = (value: Stored): readonly Size[] =>
  isMerged(value) ? groupsOf(value).map((sizes) => productOf(sizes) ?? NaN) : shapeOf(value);

export const elementOf = (value: Stored): Element => {
  if (isKnown(value)) return value.element;
  const { element } = isMerged(value) ? value.node.type : value.type;
  if (element === "i32") return "integer";
  return element === "bool" ? "boolean" : "real";
};

/** Returns the element type of graph nodes for these elements. */
export function typeOfElement(element: Element, float: "f32" | "f64"): ElementType {
  if (element === "real") return float;
  return element === "integer" ? "i32" : "bool";
}

// Sizes. Each is a number or a multiple of the batch size.

/** Returns the factor of a size, and whether the other factor is the batch size. */
export function factorsOf(size: Size): { readonly count: number; readonly isBatch: boolean } {
  if (typeof size === "number") return { count: size, isBatch: false };
  return { count: size === "n" ? 1 : Number(size.slice(0, -1)), isBatch: true };
}

const sizeOf = (count: number, isBatch: boolean): Size => {
  if (!isBatch || count === 0) return count;
  return count === 1 ? "n" : `${count}n`;
};

/** The product of sizes; undefined if the batch size is a factor of several of them. */
export function productOf(sizes: readonly Size[]): Size | undefined {
  const factors = sizes.map(factorsOf);
  const batches = factors.filter(({ isBatch }) => isBatch).length;
  const count = factors.reduce((product, factor) => product * factor.count, 1);
  return batches > 1 ? undefined : sizeOf(count, batches === 1);
}

/** The quotient of sizes; undefined if it is not a size. */
export function quotientOf(x: Size, y: Size): Size | undefined {
  const [a, b] = [factorsOf(x), factorsOf(y)];
  const isSize = Number.isInteger(a.count / b.count) && (a.isBatch || !b.isBatch);
  return isSize ? sizeOf(a.count / b.count, a.isBatch && !b.isBatch) : undefined;
}

export const isDimension = (size: Size): size is Dimension => typeof size === "number" || size === "n";

// Merged axes.

/** The sizes of the axes of the node that each axis of the value consists of. */
export function groupsOf({ node, parts }: Pick<Merged, "node" | "parts">): readonly Shape[] {
  const { shape } = node.type;
  return startsOf(parts).map((start, axis) => shape.slice(start, start + parts[axis]));
}

/** The first axis of the node of each axis of the value. */
export const startsOf = (parts: readonly number[]): readonly number[] =>
  parts.map((_, axis) => parts.slice(0, axis).reduce((sum, count) => sum + count, 0));

/** The axes of the node that an axis of the value consists of. */
export const axesIn = (parts: readonly number[], axis: number): readonly number[] =>
  Array.from({ length: parts[axis] }, (_, i) => startsOf(parts)[axis] + i);

/** The node with merged axes, or the node itself if each axis is one of its own. */
export function merged(g: GraphBuilder, node: Node, parts: readonly number[]): Node | Merged {
  if (parts.every((count) => count === 1)) return node;
  const sizes = groupsOf({ node, parts }).map((group) => productOf(group));
  const shape = sizes.flatMap((size) => (size !== undefined && isDimension(size) ? [size] : []));
  const isPlain = shape.length === sizes.length;
  return { node, parts, plain: isPlain ? g.reshape(node, { shape }) : undefined };
}

/** A value as a node with the parts of its axes. */
export const partsOf = (value: Node | Merged): Pick<Merged, "node" | "parts"> =>
  isMerged(value) ? value : { node: value, parts: value.type.shape.map(() => 1) };

/**
 * The value with other axes; undefined if elements would move across the batch axis. `to` has the same number of
 * elements.
 *
 *     [n, 3, 3, 4] → [9n, 4]      merges axes of the node
 *     [9n, 4] → [n, 3, 3, 4]      is the node again
 *     [5, n, 8] → [5, 2n, 4]      has the node [5, n, 2, 4]
 */
export function rearranged(
  g: GraphBuilder,
  x: Node | Merged,
  to: readonly Size[],
): Node | Merged | undefined {
  const { node } = partsOf(x);
  const parts = mergedParts(node.type.shape, to);
  if (parts !== undefined) return merged(g, node, parts);
  const groups = to.map((size, axis) => separated(node.type.shape, to, axis) ?? size);
  const shape = groups.flat();
  if (!shape.every(isDimension)) return undefined;
  return merged(
    g,
    g.reshape(node, { shape }),
    groups.map((group) => (typeof group === "object" ? group.length : 1)),
  );
}

/** The number of consecutive axes of `from` that each axis of `to` is the product of; undefined if there are none. */
function mergedParts(from: Shape, to: readonly Size[]): readonly number[] | undefined {
  const parts: number[] = [];
  let start = 0;
  for (const [axis, size] of to.entries()) {
    let end = start + 1;
    while (end < from.length && productOf(from.slice(start, end)) !== size) end++;
    // Axes of size 1 at the end belong to the last axis.
    if (axis === to.length - 1) end = from.length;
    if (productOf(from.slice(start, end)) !== size || end === start) return undefined;
    parts.push(end - start);
    start = end;
  }
  return start === from.length ? parts : undefined;
}

/** The axes a, n, b of an axis of the size a · b · n, where the batch axis of `from` has its place. */
function separated(from: Shape, to: readonly Size[], axis: number): readonly Dimension[] | undefined {
  const { count, isBatch } = factorsOf(to[axis]);
  if (!isBatch || count === 1 || !from.includes("n")) return undefined;
  const before = productOf(from.slice(0, from.indexOf("n")));
  const own = productOf(to.slice(0, axis));
  const a = before === undefined || own === undefined ? undefined : quotientOf(before, own);
  const b = a === undefined ? undefined : quotientOf(count, a);
  if (typeof a !== "number" || typeof b !== "number") return undefined;
  return [a, "n" as const, b].filter((size) => size !== 1);
}

/** The sizes with those before and after the batch multiplied. */
export function aroundBatch(group: Shape): Shape {
  const at = group.indexOf("n");
  const sides = at < 0 ? [group] : [group.slice(0, at), ["n" as const], group.slice(at + 1)];
  return sides
    .flatMap((side) => productOf(side) ?? [])
    .flatMap((size) => (isDimension(size) && size !== 1 ? [size] : []));
}
