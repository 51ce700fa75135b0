/**
 * The values of a model during the import. A value is either known or a node of the graph. The elements of a known
 * value are numbers or the batch size `n`. Exported models compute shapes with ordinary operators on integers. These
 * values are known, so they disappear from the graph.
 */
import type { Node } from "../../ir/nodes.ts";
import type { Dimension, ElementType, Shape } from "../../ir/types.ts";
import type { Element, TensorData } from "./model.ts";

export interface Known {
  readonly element: Element;
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: readonly Dimension[];
}

export type Value = Known | Node;

export const isKnown = (value: Value): value is Known => "values" in value;

export const known = (element: Element, shape: readonly number[], values: readonly Dimension[]): Known => ({
  element,
  shape,
  values,
});

export const knownTensor = ({ element, shape, values }: TensorData): Known =>
  known(element, shape, Array.from(values));

/** A known list of integers. */
export const knownList = (values: readonly Dimension[]): Known => known("integer", [values.length], values);

export const shapeOf = (value: Value): Shape => (isKnown(value) ? value.shape : value.type.shape);

export const elementOf = (value: Value): Element => {
  if (isKnown(value)) return value.element;
  const { element } = value.type;
  if (element === "i32") return "integer";
  return element === "bool" ? "boolean" : "real";
};

/** Returns the element type of graph nodes for these elements. */
export function typeOfElement(element: Element, float: "f32" | "f64"): ElementType {
  if (element === "real") return float;
  return element === "integer" ? "i32" : "bool";
}
