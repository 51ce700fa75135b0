/**
 * What an op is: its traits, shape rule, derivative, lowering, reference evaluation and samples. Each op's file holds
 * one such definition; everything else in the compiler asks the table of them and knows no op by name.
 */
import type { GraphBuilder, OpRules } from "../ir/builder.ts";
import type { Attributes, Axes, Node, NodeOf, OpName, OperandName } from "../ir/nodes.ts";
import type { Dimension, ElementType, Shape } from "../ir/types.ts";
import type { Expression } from "../loop/expressions.ts";
import type { Tensor } from "./tensor.ts";

/**
 * pointwise: element by element over equal shapes. view: every element of the result is one of an operand's.
 * reduction: many elements make one. commutative: operands may change places. leaf: reads storage. fills: and
 * a padding value besides. contraction: a sum of products, reading each element many times. cheap: so little
 * work that recomputing it costs less than a load. opaque: the derivative does not pass. chooses: reading an
 * element decides which operand it comes from. recurrence: a loop along time over a body of its own. linear:
 * f(x + y) = f(x) + f(y), element by element or by moving elements. axes: a reduction of one operand along its
 * attribute `axes`, which can share the pass over the operand with others.
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

/** Differentiation, as it hands itself to the op that has a body to differentiate. */
export interface Reverse {
  /**
   * The cotangents of `leaves`, in their order, given those of the `seeds`; undefined where no seed depends
   * on a leaf.
   */
  pullback(
    seeds: ReadonlyMap<Node, Node>,
    leaves: readonly Node[],
    g: GraphBuilder,
  ): readonly (Node | undefined)[];
  hasTrait(node: Node, trait: Trait): boolean;
}

/**
 * What `roots` come to when some nodes have the values given. The interpreter hands itself to the op that has
 * a body to evaluate.
 */
export type EvaluateBody = (
  roots: readonly Node[],
  given: ReadonlyMap<Node, Tensor>,
  rows: number,
) => readonly Tensor[];

/** The element of an operand at an index. */
export type Read = (at: readonly Expression[]) => Expression;
type Reads<Names extends string> = { readonly [Name in Names]: Read };

/** An operand as a box of the result: where it begins. */
export interface Piece {
  readonly node: Node;
  readonly start: readonly number[];
}

/**
 * What a reduction makes of many elements. place: the row-major number, along the axes reduced, of the first
 * largest element.
 */
export type Combination = "sum" | "maximum" | "place of maximum";

/** How the elements of a node come about from those of its operands; nothing here knows a target. */
export type LoweringOver<N, Names extends string> =
  | { readonly kind: "leaf" }
  /** A loop along time around the nests of the body. */
  | { readonly kind: "recurrence" }
  /** Each element from the elements at the same place. */
  | {
      readonly kind: "pointwise";
      expression(operands: { readonly [Name in Names]: Expression }, node: N): Expression;
    }
  /**
   * Each element from elements at other places; `pieces` are operands that lie in the result as they are,
   * covering it.
   */
  | {
      readonly kind: "element";
      element(node: N, at: readonly Expression[], read: Reads<Names>): Expression;
      pieces?(node: N): readonly Piece[];
    }
  /**
   * Each element from many: a loop over `extents` combines `element`. `order`: the result's axes, outermost
   * loop first.
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
  /** Zero, then a loop over `extents` adds `element` at `target`. */
  | {
      readonly kind: "scatter";
      extents(node: N): readonly Dimension[];
      target(node: N, along: readonly Expression[], read: Reads<Names>): readonly Expression[];
      element(node: N, along: readonly Expression[], read: Reads<Names>): Expression;
    };

export type Lowering<K extends OpName> = LoweringOver<NodeOf<K>, OperandName<K>>;

/** What is a function of the node alone, as the value; what is a function of more, as one of the rest. */
type BoundPart<Part> = Part extends (node: never, ...rest: infer Rest) => infer Value
  ? Rest extends readonly []
    ? Value
    : (...rest: Rest) => Value
  : Part;
type Bound<L> = L extends { readonly kind: "pointwise" }
  ? never
  : { readonly [Name in keyof L]: BoundPart<L[Name]> };

/** A lowering of a node that is known; a pointwise one is one by elements. */
export type BoundLowering = Bound<LoweringOver<Node, string>>;

/** How a test draws an operand: uniformly between bounds, or given. `n` counts as three rows. */
export type SampleOperand =
  | { readonly shape: Shape; readonly low: number; readonly high: number; readonly element?: ElementType }
  | { readonly shape: Shape; readonly values: readonly number[]; readonly element?: ElementType };

export interface Sample<K extends OpName> {
  readonly operands: { readonly [O in OperandName<K>]: SampleOperand };
  /** Those that hold nodes are built when they are asked for. */
  readonly attributes: Attributes<K> | ((g: GraphBuilder) => Attributes<K>);
  /** Stands on a kink: the derivative must be these numbers (for a cotangent of ones), not a difference. */
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
  /** The dumbest correct loop; `shape` is the result's, with the batch bound to `rows`. */
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
