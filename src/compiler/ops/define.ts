/**
 * The definition of an op: its traits, shape rule, derivative, lowering, reference evaluation and samples.
 * Each op has one definition, and the table in `index.ts` lists all of them.
 */
import type { GraphBuilder, OpRules } from "../ir/builder.ts";
import type { Attributes, Axes, Node, NodeOf, OpName, OperandName } from "../ir/nodes.ts";
import type { Dimension, ElementType, Shape } from "../ir/types.ts";
import type { Expression } from "../loop/expressions.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The properties of ops that stages use:
 *
 *     pointwise     element by element over equal shapes
 *     view          every element of the result is an element of an operand
 *     reduction     combines many elements into one
 *     commutative   its operands can be swapped
 *     leaf          reads storage
 *     cheap         recomputing it costs less than a load
 *     opaque        gradients are not propagated through it
 *     contraction   a sum of products, which reads each element many times
 *     fills         a view that also contains a padding value
 *     chooses       the index decides which operand or value an element comes from
 *     recurrence    a loop along time with its own body
 *     linear        f(x + y) = f(x) + f(y), element by element or by moving elements
 *     axes          reduces one operand along its attribute `axes`; several of these can share one pass
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

/** The functions with which the derivative of an op with a body, such as a scan, differentiates that body. */
export interface Reverse {
  /**
   * The cotangents of `leaves`, in order, from those of `seeds`; undefined for a leaf on which no seed
   * depends.
   */
  pullback(
    seeds: ReadonlyMap<Node, Node>,
    leaves: readonly Node[],
    g: GraphBuilder,
  ): readonly (Node | undefined)[];
  hasTrait(node: Node, trait: Trait): boolean;
}

/** Evaluates `roots`, where some nodes have `given` values. An op with a body receives this function. */
export type EvaluateBody = (
  roots: readonly Node[],
  given: ReadonlyMap<Node, Tensor>,
  rows: number,
) => readonly Tensor[];

/** Reads the element of an operand at an index. */
export type Read = (at: readonly Expression[]) => Expression;
type Reads<Names extends string> = { readonly [Name in Names]: Read };

/** An operand that fills a box of the result, and the start of that box. */
export interface Piece {
  readonly node: Node;
  readonly start: readonly number[];
}

/**
 * The way in which a reduction combines many elements. "place of maximum" is the position of the first
 * largest element: its row-major index along the reduced axes.
 */
export type Combination = "sum" | "maximum" | "place of maximum";

/** The computation of the elements of a node from those of its operands, for any target. */
export type LoweringOver<N, Names extends string> =
  | { readonly kind: "leaf" }
  /** A loop along time around the nests of the body. */
  | { readonly kind: "recurrence" }
  /** Computes each element from the elements at the same index. */
  | {
      readonly kind: "pointwise";
      expression(operands: { readonly [Name in Names]: Expression }, node: N): Expression;
    }
  /**
   * Computes each element from elements at other indices. `pieces` lists the operands with their positions,
   * if the result is composed of whole operands.
   */
  | {
      readonly kind: "element";
      element(node: N, at: readonly Expression[], read: Reads<Names>): Expression;
      pieces?(node: N): readonly Piece[];
    }
  /**
   * Computes each element from many: a loop over `extents` combines the values of `element`. `order` lists
   * the result's axes, outermost loop first.
   */
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

/**
 * Binds the first parameter, which is the node. A function of the node alone becomes its value; any other
 * function becomes a function of its remaining parameters.
 */
type BoundPart<Part> = Part extends (node: never, ...rest: infer Rest) => infer Value
  ? Rest extends readonly []
    ? Value
    : (...rest: Rest) => Value
  : Part;
type Bound<L> = L extends { readonly kind: "pointwise" }
  ? never
  : { readonly [Name in keyof L]: BoundPart<L[Name]> };

/** A lowering whose node is known. A pointwise lowering becomes one of kind "element". */
export type BoundLowering = Bound<LoweringOver<Node, string>>;

/** An operand of a test: given values, or random values, uniform between two bounds. In a shape, `n` is 3. */
export type SampleOperand =
  | { readonly shape: Shape; readonly low: number; readonly high: number; readonly element?: ElementType }
  | { readonly shape: Shape; readonly values: readonly number[]; readonly element?: ElementType };

export interface Sample<K extends OpName> {
  readonly operands: { readonly [O in OperandName<K>]: SampleOperand };
  /** Attributes that contain nodes are given as a function of the builder. */
  readonly attributes: Attributes<K> | ((g: GraphBuilder) => Attributes<K>);
  /** The exact derivatives at a kink, for a cotangent of ones. They replace finite differences there. */
  readonly kink?: { readonly [O in OperandName<K>]?: readonly number[] };
}

export interface OpDefinition<K extends OpName> extends OpRules<K> {
  readonly name: K;
  readonly traits: readonly Trait[];
  /** The cotangents of the operands of `z`, given its cotangent `dz`; null for an operand without one. */
  vjp(
    z: NodeOf<K>,
    dz: Node,
    g: GraphBuilder,
    reverse: Reverse,
  ): { readonly [O in OperandName<K>]: Node | null };
  readonly lower: Lowering<K>;
  /** The simplest correct loop. `shape` is the shape of the result, with the batch axis bound to `rows`. */
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
