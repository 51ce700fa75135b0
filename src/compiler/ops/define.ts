/**
 * The definition of an op: its traits, shape rule, derivative, lowering, reference evaluation and samples. Each op's
 * file has one definition; the rest of the compiler uses the table of them and knows no op by name.
 */
import type { GraphBuilder, OpRules } from "../ir/builder.ts";
import type { Attributes, Axes, Node, NodeOf, OpName, OperandName } from "../ir/nodes.ts";
import type { Dimension, ElementType, Shape } from "../ir/types.ts";
import type { Expression } from "../loop/expressions.ts";
import type { Tensor } from "./tensor.ts";

/**
 * pointwise: element by element over equal shapes. view: every element of the result is an element of an operand.
 * reduction: combines many elements into one. commutative: operands can be swapped. leaf: reads storage. fills: a
 * view that also has a padding value. contraction: a sum of products, which reads each element many times. cheap:
 * recomputing it costs less than a load. opaque: no derivative passes. chooses: the index decides which operand an
 * element comes from. recurrence: a loop along time over its own body. linear: f(x + y) = f(x) + f(y), element by
 * element or by moving elements. axes: a reduction of one operand along its attribute `axes`, which can share the pass
 * over the operand with others.
 */
export type Trait =
  | "pointwise"
  | "view"
  | "reduction"
  | "commutative"
  | "leaf"
  | "cheap"
  | "opaque"
  | "contraction"
  | "fills"
  | "chooses"
  | "recurrence"
  | "linear"
  | "axes";

/** Differentiation, passed to an op that has a body to differentiate. */
export interface Reverse {
  /** The cotangents of `leaves`, in order, given those of the `seeds`; undefined for a leaf that no seed depends on. */
  pullback(
    seeds: ReadonlyMap<Node, Node>,
    leaves: readonly Node[],
    g: GraphBuilder,
  ): readonly (Node | undefined)[];
  hasTrait(node: Node, trait: Trait): boolean;
}

/** The values of `roots` if some nodes have the given values. Passed to an op that has a body to evaluate. */
export type EvaluateBody = (
  roots: readonly Node[],
  given: ReadonlyMap<Node, Tensor>,
  rows: number,
) => readonly Tensor[];

/** The element of an operand at an index. */
export type Read = (at: readonly Expression[]) => Expression;
type Reads<Names extends string> = { readonly [Name in Names]: Read };

/** An operand that is a box of the result, and where the box starts. */
export interface Piece {
  readonly node: Node;
  readonly start: readonly number[];
}

/**
 * How a reduction combines many elements. "place of maximum" is the row-major index, along the reduced axes, of the
 * first largest element.
 */
export type Combination = "sum" | "maximum" | "place of maximum";

/** How the elements of a node are computed from those of its operands; independent of targets. */
export type LoweringOver<N, Names extends string> =
  | { readonly kind: "leaf" }
  /** A loop along time around the nests of the body. */
  | { readonly kind: "recurrence" }
  /** Each element from the elements at the same index. */
  | {
      readonly kind: "pointwise";
      expression(operands: { readonly [Name in Names]: Expression }, node: N): Expression;
    }
  /** Each element from elements at other indices; `pieces` are operands that together make up the result unchanged. */
  | {
      readonly kind: "element";
      element(node: N, at: readonly Expression[], read: Reads<Names>): Expression;
      pieces?(node: N): readonly Piece[];
    }
  /** Each element from many: a loop over `extents` combines `element`. `order`: the result's axes, outermost first. */
  | {
      readonly kind: "reduce";
      readonly combine: Combination;
      order?(node: N): Axes;
      extents(node: N): readonly Dimension[];
      element(
        node: N,
        at: readonly Expression[],
        along: readonly Expression[],
        read: Reads<Names>,
      ): Expression;
    }
  /** Sets the result to zero, then adds `element` at `target` in a loop over `extents`. */
  | {
      readonly kind: "scatter";
      extents(node: N): readonly Dimension[];
      target(node: N, along: readonly Expression[], read: Reads<Names>): readonly Expression[];
      element(node: N, along: readonly Expression[], read: Reads<Names>): Expression;
    };

export type Lowering<K extends OpName> = LoweringOver<NodeOf<K>, OperandName<K>>;

/** A function of the node alone becomes its value; a function of more becomes a function of the rest. */
type BoundPart<Part> = Part extends (node: never, ...rest: infer Rest) => infer Value
  ? Rest extends readonly []
    ? Value
    : (...rest: Rest) => Value
  : Part;
type Bound<L> = L extends { readonly kind: "pointwise" }
  ? never
  : { readonly [Name in keyof L]: BoundPart<L[Name]> };

/** The lowering of a known node; a pointwise lowering becomes one of kind "element". */
export type BoundLowering = Bound<LoweringOver<Node, string>>;

/** An operand of a test: random and uniform between bounds, or given values. `n` stands for three rows. */
export type SampleOperand =
  | { readonly shape: Shape; readonly low: number; readonly high: number; readonly element?: ElementType }
  | { readonly shape: Shape; readonly values: readonly number[]; readonly element?: ElementType };

export interface Sample<K extends OpName> {
  readonly operands: { readonly [O in OperandName<K>]: SampleOperand };
  /** A function for attributes that contain nodes. */
  readonly attributes: Attributes<K> | ((g: GraphBuilder) => Attributes<K>);
  /** At a kink the derivative must equal these numbers (for a cotangent of ones), not finite differences. */
  readonly kink?: { readonly [O in OperandName<K>]?: readonly number[] };
}

export interface OpDefinition<K extends OpName> extends OpRules<K> {
  readonly name: K;
  readonly traits: readonly Trait[];
  /** The cotangents of the operands, given the node `z` (operands and result) and its cotangent `dz`. */
  vjp(
    z: NodeOf<K>,
    dz: Node,
    g: GraphBuilder,
    reverse: Reverse,
  ): { readonly [O in OperandName<K>]: Node | null };
  readonly lower: Lowering<K>;
  /** The simplest correct loop; `shape` is the result's, with the batch axis bound to `rows`. */
  evaluate(
    operands: { readonly [O in OperandName<K>]: Tensor },
    node: NodeOf<K>,
    shape: readonly number[],
    rows: number,
    body: EvaluateBody,
  ): Tensor;
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
