/**
 * The types of the rows in the library's tables. Each name that a spec can use, such as the name of a layer,
 * a loss or an optimizer, has a row. A row lists the keys that a spec may write next to the name, from which
 * the schema is derived, and builds nodes. It composes existing ops, and adds neither ops nor derivatives.
 */
import type { z } from "zod";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";

export interface Entry<Keys extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  /** A one-line description, which editors show. */
  readonly about: string;
  /** The keys besides the name, with their defaults. */
  readonly keys: Keys;
}

/** The values of the keys after the schema has parsed them. */
export type Values<Keys extends z.ZodRawShape> = z.output<z.ZodObject<Keys>>;

/** Builds y = f(x), element by element or along the last axis. */
export interface Activation<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** The family of the default initialiser, for weights that precede the activation. */
  readonly family: "he" | "lecun" | "xavier";
  readonly acts: "on elements" | "on the last axis";
  build(g: GraphBuilder, x: Node, keys: Values<Keys>): Node;
}

/** A target as the spec declares it. Shapes exclude the batch axis. */
export interface TargetFacts {
  readonly shape: readonly number[];
  /** Present for class indices. */
  readonly classes?: number;
}

/** The shapes that a loss or metric compares. They are known before anything is built. */
export interface Fit {
  readonly target: TargetFacts;
  /** The shape of the network's output, without the batch axis. */
  readonly output: readonly number[];
  /** The smallest score that means "yes"; absent if the network's outputs are not yes-or-no scores. */
  readonly threshold?: number;
}

/** A network's output together with its target. */
export interface Comparison extends Fit {
  /** The prediction. It has the target's shape, or that shape with the classes as an additional last axis. */
  readonly prediction: Node;
  /** `prediction` in the target's original units. The two differ only for losses with an `estimate`. */
  readonly estimate: Node;
  /** The target: real numbers, or i32 class indices, where −1 means that the element does not count. */
  readonly expected: Node;
  /** For a real target, the mask of the elements that count; undefined if all of them count. */
  readonly isReal?: Node | undefined;
  /** The target's name in the spec. */
  readonly name: string;
  /** The spec's inputs by name, as real numbers, for use in formulas. */
  readonly inputs: Readonly<Record<string, Node>>;
  /** For a loss, the weight of each row: [n]. Absent if all weights are 1, and for metrics. */
  readonly rowWeight?: Node | undefined;
  /** For a loss, the weight of each class: [classes]. */
  readonly classWeights?: Node | undefined;
}

/** The values of a real target for which a loss or metric is defined. */
export interface TargetRange {
  readonly lowest: number;
  /** No limit if absent. */
  readonly highest?: number;
  /** Whether only the whole numbers of the range are valid. */
  readonly isWhole?: true;
  /** The advice for values outside the range, as the end of a sentence. */
  readonly otherwise: string;
}

/**
 * A loss or metric in two steps: scalars that are summed over rows, and the value computed from these sums.
 * Its value over a data set therefore does not depend on the division into batches.
 */
export interface Measure<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /**
   * Returns the reason why the measure cannot compare these shapes, as the end of a sentence that starts with
   * "the loss mse"; undefined if it can.
   */
  accepts(fit: Fit, keys: Values<Keys>): string | undefined;
  /** The values that a real target may have; absent if it may have any. */
  readonly range?: TargetRange;
  /** Builds the sums. Each is one number, or a vector with an element for each class. */
  sums(g: GraphBuilder, comparison: Comparison, keys: Values<Keys>): Readonly<Record<string, Node>>;
  /** Builds the value from the sums of `comparison`. It may read only the shapes of `comparison`. */
  value(
    g: GraphBuilder,
    sums: Readonly<Record<string, Node>>,
    keys: Values<Keys>,
    comparison: Comparison,
  ): Node;
}

export interface Loss<Keys extends z.ZodRawShape = z.ZodRawShape> extends Measure<Keys> {
  /** The smallest score that means "yes"; absent if the outputs are not yes-or-no scores. */
  readonly threshold?: number;
  /**
   * Converts the output to the target's original units, such as e^z for a log rate. Absent if the output is
   * in these units.
   */
  estimate?(g: GraphBuilder, prediction: Node): Node;
}

export interface RankedPairs {
  readonly scores: Node;
  readonly targets: Node;
  readonly counts?: Node;
}

export interface Metric<Keys extends z.ZodRawShape = z.ZodRawShape> extends Measure<Keys> {
  /** Whether errors are relative to the target. If so, the scale of the target must map 0 to 0. */
  readonly isRelative?: true;
  /**
   * For a rank metric: the numbers of each element that the runtime collects, and the runtime's function that
   * computes the metric from them. Elements with count 0 are ignored. The only sum of the metric is the
   * number of elements, and `value` is not used.
   */
  readonly ranked?: {
    readonly by: "areaUnderCurve" | "rankCorrelation";
    pairs(g: GraphBuilder, comparison: Comparison): RankedPairs;
  };
}

/** The operands of an optimizer: all trainable parameters as one flat tensor. */
export interface UpdateParts {
  readonly parameter: Node;
  /** The gradient after clipping. */
  readonly gradient: Node;
  readonly state: Readonly<Record<string, Node>>;
  /** The number of steps before this one, a scalar f64. */
  readonly step: Node;
  /** The learning rate, a scalar f64. */
  readonly rate: Node;
}

export interface Update {
  readonly parameter: Node;
  readonly state: Readonly<Record<string, Node>>;
}

/** "like": a tensor with the shape of the parameters; "scalar": one number. States start at zero. */
export type StateShape = "like" | "scalar";

export interface Optimizer<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** The default learning rate, as in PyTorch or in the code of the paper. */
  readonly defaultRate: number;
  /** The states that the optimizer keeps between steps, which may depend on the keys. */
  states(keys: Values<Keys>): Readonly<Record<string, StateShape>>;
  /** An error in the combination of keys, or undefined if they are valid. */
  refuse?(keys: Values<Keys>): KeyError | undefined;
  update(g: GraphBuilder, parts: UpdateParts, keys: Values<Keys>): Update;
}

export interface KeyError {
  readonly key: string;
  /** The end of a sentence that starts with the key's path: "needs a momentum above 0". */
  readonly message: string;
}

export interface Schedule<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** The learning rate, a scalar f64, at `step`, which counts from 0 after the warm-up. */
  rate(g: GraphBuilder, step: Node, keys: Values<Keys> & { readonly initial: number }): Node;
}

/** `in`: how many numbers each unit reads. `out`: how many units read each number. */
export interface Fans {
  readonly in: number;
  readonly out: number;
}

/**
 * The distribution of the initial values of a parameter, with concrete numbers. The runtime draws the values.
 * `square` is the square of the upper bound or of the standard deviation as a fraction of integers, if it has
 * this form. Values that are given, as those in a model file, are in row-major order.
 */
export type Fill =
  | { readonly kind: "uniform"; readonly low: number; readonly high: number; readonly square?: Fraction }
  | { readonly kind: "normal"; readonly mean: number; readonly std: number; readonly square?: Fraction }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "orthogonal"; readonly rows: number; readonly columns: number }
  | { readonly kind: "given"; readonly values: ArrayLike<number> };

export type Fraction = readonly [numerator: number, denominator: number];

export interface Initialiser<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** The fans on which the distribution depends. */
  readonly reads: "nothing" | "fan-in" | "both fans";
  refuse?(keys: Values<Keys>): KeyError | undefined;
  fill(shape: readonly number[], fans: Fans, keys: Values<Keys>): Fill;
}

export const defineActivation = <const Keys extends z.ZodRawShape>(
  entry: Activation<Keys>,
): Activation<Keys> => entry;
export const defineLoss = <const Keys extends z.ZodRawShape>(entry: Loss<Keys>): Loss<Keys> => entry;
export const defineMetric = <const Keys extends z.ZodRawShape>(entry: Metric<Keys>): Metric<Keys> => entry;
export const defineOptimizer = <const Keys extends z.ZodRawShape>(entry: Optimizer<Keys>): Optimizer<Keys> =>
  entry;
export const defineSchedule = <const Keys extends z.ZodRawShape>(entry: Schedule<Keys>): Schedule<Keys> =>
  entry;
export const defineInitialiser = <const Keys extends z.ZodRawShape>(
  entry: Initialiser<Keys>,
): Initialiser<Keys> => entry;
