/**
 * What an op is: its traits, shape rule, derivative, lowering, reference evaluation and samples. Each op's file holds
 * one such definition; everything else in the compiler asks the table of them and knows no op by name.
 */
import type { GraphBuilder, OpRules } from "../ir/builder.ts";
import type { Attributes, Node, NodeOf, OpName, OperandName } from "../ir/nodes.ts";
import type { Dimension, ElementType, Shape } from "../ir/types.ts";
import type { Expression } from "../loop/expressions.ts";
import type { Tensor } from "./tensor.ts";

/**
 * pointwise: element by element over equal shapes. view: every element of the result is one of an operand's. reduction: many elements make one. commutative: operands may change places. leaf: reads storage.
 * fills: and a padding value besides. contraction: a sum of products, reading each element many times. cheap: so little work that recomputing it costs less than a load. opaque: the derivative does not pass.
 */
export type Trait =
  "pointwise" | "view" | "reduction" | "commutative" | "leaf" | "cheap" | "opaque" | "contraction" | "fills";

/** The element of an operand at an index. */
export type Read = (at: readonly Expression[]) => Expression;
type Reads<K extends OpName> = { readonly [O in OperandName<K>]: Read };

/** How an op's elements come about; nothing here knows a target. */
export type Lowering<K extends OpName> =
  | { readonly kind: "leaf" }
  /** Each element from the elements at the same place. */
  | { readonly kind: "pointwise"; expression(operands: { readonly [O in OperandName<K>]: Expression }, node: NodeOf<K>): Expression } // prettier-ignore
  /** Each element from elements at other places. */
  | { readonly kind: "element"; element(node: NodeOf<K>, at: readonly Expression[], read: Reads<K>): Expression }
  /** Each element from many: a loop over `extents` combines `element`. */
  | { readonly kind: "reduce"; readonly combine: "sum" | "maximum"; extents(node: NodeOf<K>): readonly Dimension[]; element(node: NodeOf<K>, at: readonly Expression[], along: readonly Expression[], read: Reads<K>): Expression } // prettier-ignore
  /** Zero, then a loop over `extents` adds `element` at `target`. */
  | { readonly kind: "scatter"; extents(node: NodeOf<K>): readonly Dimension[]; target(node: NodeOf<K>, along: readonly Expression[], read: Reads<K>): readonly Expression[]; element(node: NodeOf<K>, along: readonly Expression[], read: Reads<K>): Expression }; // prettier-ignore

/** How a test draws an operand: uniformly between bounds, or given. `n` counts as three rows. */
export type SampleOperand =
  | { readonly shape: Shape; readonly low: number; readonly high: number; readonly element?: ElementType }
  | { readonly shape: Shape; readonly values: readonly number[]; readonly element?: ElementType };

export interface Sample<K extends OpName> {
  readonly operands: { readonly [O in OperandName<K>]: SampleOperand };
  readonly attributes: Attributes<K>;
  /** Stands on a kink: the derivative must be these numbers (for a cotangent of ones), not a difference. */
  readonly kink?: { readonly [O in OperandName<K>]?: readonly number[] };
}

export interface OpDefinition<K extends OpName> extends OpRules<K> {
  readonly name: K;
  readonly traits: readonly Trait[];
  /** The cotangents of the operands, given the node `z` (operands and result) and its cotangent `dz`. */
  vjp(z: NodeOf<K>, dz: Node, g: GraphBuilder): { readonly [O in OperandName<K>]: Node | null };
  readonly lower: Lowering<K>;
  /** The dumbest correct loop; `shape` is the result's, with the batch bound to `rows`. */
  evaluate(operands: { readonly [O in OperandName<K>]: Tensor }, node: NodeOf<K>, shape: readonly number[], rows: number): Tensor; // prettier-ignore
  readonly samples: readonly Sample<K>[];
}

export type OpTable = { readonly [K in OpName]: OpDefinition<K> };

export const defineOp = <const K extends OpName>(definition: OpDefinition<K>): OpDefinition<K> => definition;

export const uniform = (shape: Shape, low = -2, high = 2): SampleOperand => ({ shape, low, high });
export const values = (shape: Shape, list: readonly number[]): SampleOperand => ({ shape, values: list });
export const integers = (shape: Shape, list: readonly number[]): SampleOperand => ({
  shape,
  values: list,
  element: "i32",
});
