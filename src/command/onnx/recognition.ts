/**
 * What recognisers read and build: a node of the file with its inputs, and the layers that it becomes.
 *
 * Layers have channels last, and many operators of ONNX have them first. Instead of layers that transpose, each value
 * of the file has a place: the layer with the same numbers, and which axis of the layer each axis of the value is.
 */
import type { Shape } from "../../compiler/ir/types.ts";
import type { Attribute, ModelNode } from "../../compiler/library/onnx/model.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import { permuted } from "../formats/pytorch/parameter-map.ts";
import type { SourceGraph } from "./source-graph.ts";

/** A layer of the spec, or an input, whose type is then `input`. Names follow at the end. */
export interface Draft {
  readonly type: string;
  /** The keys of the layer besides type and sources. */
  readonly keys: Record<string, unknown>;
  readonly from: readonly Draft[];
  /** By the name of the parameter in the layer. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** The nodes of the file that become this layer. */
  readonly nodes: readonly ModelNode[];
}

export interface Place {
  readonly draft: Draft;
  /** For each axis of the value, the axis of the layer; `null` for an axis of length 1 that the layer lacks. */
  readonly axes: readonly (number | null)[];
  /**
   * The sizes [height, width, channels] of an image that the layer flattened. The value has the order of an image
   * [channels, height, width].
   */
  readonly flattened?: readonly number[];
}

/** The reason for nodes that depend on a node that is not a part of any layer. */
export const hasNoLayer = "reads a value that no layer has";

/** Ends the recognition of a node with the reason why it is not a layer. */
export class NotRecognised extends Error {
  /** Whether the node has the form of the pattern, so that the reason is a detail that no layer can express. */
  readonly hasForm: boolean;
  constructor(reason: string, hasForm: boolean) {
    super(reason);
    this.hasForm = hasForm;
  }
}

/** A node of the right form differs from the layer in a detail. */
export const refuse = (reason: string): never => {
  throw new NotRecognised(reason, true);
};

/** A node has another form than the pattern. If another pattern knows a detail, its reason is reported instead. */
export const refuseForm = (reason: string): never => {
  throw new NotRecognised(reason, false);
};

/** One row of the table of patterns. */
export interface Pattern {
  /** The operators of its first node. */
  readonly operators: readonly string[];
  /** The layer that it becomes, for documentation; empty for nodes that only arrange values. */
  readonly layer: string;
  /** Builds the layer, or ends with {@link NotRecognised} before it builds anything. */
  read(reading: Reading): void;
}

/** The state of the recognition. */
export interface Recognised {
  readonly places: Map<string, Place>;
  readonly drafts: Draft[];
  /** Nodes that are part of a pattern. */
  readonly consumed: Set<ModelNode>;
}

/** A node of the file, and what is known about its inputs. */
export class Reading {
  readonly node: ModelNode;
  readonly source: SourceGraph;
  readonly #state: Recognised;

  constructor(node: ModelNode, source: SourceGraph, state: Recognised) {
    this.node = node;
    this.source = source;
    this.#state = state;
  }

  /** The place of an input that is computed from the data. */
  place(index: number): Place {
    const name = this.node.inputs[index] ?? "";
    return this.placeOf(name);
  }

  placeOf(name: string): Place {
    if (this.source.joinsBatch(name)) return refuse("joins the batch axis with another axis");
    const found = this.#state.places.get(name);
    if (found !== undefined) return found;
    return refuseForm(this.source.isData(name) ? hasNoLayer : "has an input that is a constant");
  }

  shape(index: number): Shape {
    return this.source.shape(this.node.inputs[index] ?? "");
  }

  /** The numbers of an input that does not depend on the data; undefined if it is absent. */
  constant(index: number): Tensor | undefined {
    const name = this.node.inputs[index] ?? "";
    if (name === "") return undefined;
    return (
      this.source.constant(name) ?? refuseForm(`has the input number ${index + 1}, which depends on the data`)
    );
  }

  /** The same for an input that the operator requires. */
  weight(index: number): Tensor {
    return this.constant(index) ?? refuse(`lacks the input number ${index + 1}`);
  }

  integer(name: string, otherwise: number): number {
    const value = this.attribute(name);
    return typeof value === "number" ? value : otherwise;
  }

  text(name: string, otherwise: string): string {
    const value = this.attribute(name);
    return typeof value === "string" ? value : otherwise;
  }

  list(name: string): readonly number[] | undefined {
    const value = this.attribute(name);
    if (!Array.isArray(value)) return undefined;
    return value.filter((each) => typeof each === "number");
  }

  attribute(name: string): Attribute | undefined {
    return this.node.attributes.get(name);
  }

  /** The only node that reads a value, if it has this operator. */
  next(name: string, operator: string): ModelNode | undefined {
    const [reader, ...others] = this.source.readers(name);
    return others.length === 0 && reader?.operator === operator && name !== this.source.output
      ? reader
      : undefined;
  }

  /** The input of a node with two inputs that is not `name`. */
  other(node: ModelNode, name: string): string {
    const [a, b] = node.inputs;
    return a === name ? b : a;
  }

  /** The number of a constant with one element. */
  number(name: string): number | undefined {
    const found = this.source.isData(name) ? undefined : this.source.constant(name);
    return found?.data.length === 1 ? found.data[0] : undefined;
  }

  /** Adds a layer for the node and further nodes of the pattern. */
  add(
    type: string,
    keys: Record<string, unknown>,
    from: readonly Draft[],
    parameters: Readonly<Record<string, Tensor>> = {},
    nodes: readonly ModelNode[] = [],
  ): Draft {
    const all = [this.node, ...nodes];
    const draft = { type, keys, from, parameters: new Map(Object.entries(parameters)), nodes: all };
    this.#state.drafts.push(draft);
    all.forEach((node) => this.#state.consumed.add(node));
    return draft;
  }

  /** Sets the place of a value. */
  define(name: string | undefined, place: Place): void {
    if (name !== undefined && name !== "") this.#state.places.set(name, place);
  }

  /** Marks nodes as parts of the pattern. */
  consume(...nodes: readonly ModelNode[]): void {
    nodes.forEach((node) => this.#state.consumed.add(node));
  }
}

// Axes and tensors.

export const identityAxes = (rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, axis) => axis);

/** [n, c, h, w] in layers [n, h, w, c]. */
export const channelsFirst = (rank: number): readonly number[] => [
  0,
  rank + 1,
  ...Array.from({ length: rank }, (_, axis) => axis + 1),
];

export const sameAxes = (a: readonly (number | null)[], b: readonly (number | null)[]): boolean =>
  a.length === b.length && a.every((axis, i) => axis === b[i]);

/** The number of axes of the layer. */
export const rankOf = ({ axes }: Place): number => axes.filter((axis) => axis !== null).length;

/** Whether an axis of the value is the last one of the layer. Negative axes count from the end. */
export function isLast(place: Place, axis: number): boolean {
  const own = place.axes[axis < 0 ? axis + place.axes.length : axis];
  return own !== null && own === rankOf(place) - 1;
}

export const reshaped = ({ data }: Tensor, shape: readonly number[]): Tensor => ({ shape, data });

export const transposed = ({ shape, data }: Tensor, order: readonly number[]): Tensor => ({
  shape: order.map((axis) => shape[axis]),
  data: permuted(Float64Array.from(data), shape, order),
});

/** A tensor whose first axis belongs to the elements of a flattened image, in the order of the layer. */
export function inOrderOf({ flattened }: Place, tensor: Tensor): Tensor {
  if (flattened === undefined) return tensor;
  const channels = flattened[flattened.length - 1];
  const [, ...rest] = tensor.shape;
  const image = reshaped(tensor, [channels, ...flattened.slice(0, -1), ...rest]);
  const spatial = flattened.slice(1).map((_, axis) => axis + 1);
  const others = rest.map((_, axis) => flattened.length + axis);
  return reshaped(transposed(image, [...spatial, 0, ...others]), tensor.shape);
}

/** Sizes without the batch, which all are numbers. */
export const sizesOf = (shape: Shape): readonly number[] => shape.slice(1).map(Number);
