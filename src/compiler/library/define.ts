/**
 * What a row of the library's closed tables is. Every name that a spec can give (a layer, a loss, an
 * optimizer …) is such a row: it carries the keys that a spec may write beside the name, from which the
 * schema is made, and builds nodes. Nothing here adds an op or a derivative: all of it is composition.
 */
import type { z } from "zod";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";

export interface Entry<Keys extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  /** One line for editors. */
  readonly about: string;
  /** The keys beside the name, with their defaults. */
  readonly keys: Keys;
}

/** What the keys are once the schema has read them. */
export type Values<Keys extends z.ZodRawShape> = z.output<z.ZodObject<Keys>>;

/** Builds y = f(x), element by element or along the last axis. */
export interface Activation<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** Which initialiser suits the weights before it by default. */
  readonly family: "he" | "lecun" | "xavier";
  readonly acts: "on elements" | "on the last axis";
  build(g: GraphBuilder, x: Node, keys: Values<Keys>): Node;
}

/** A target as the spec has it; shapes leave the batch axis out. */
export interface TargetFacts {
  readonly shape: readonly number[];
  /** Present for class indices. */
  readonly classes?: number;
}

/** What a loss or metric is to compare, as far as it is known before anything is built. */
export interface Fit {
  readonly target: TargetFacts;
  /** The shape of the network's output, without the batch axis. */
  readonly output: readonly number[];
  /** The score from which on the network's output means "yes"; absent where its outputs are no scores. */
  readonly threshold?: number;
}

/** A network's output beside its target. */
export interface Comparison extends Fit {
  /** Of the target's shape, or with the classes as one more axis. */
  readonly prediction: Node;
  /** What the prediction says in the target's own units; the prediction itself but for losses that say otherwise. */
  readonly estimate: Node;
  /** Real numbers, or i32 class indices of which −1 means "left out". */
  readonly expected: Node;
  /** The target's name in the spec. */
  readonly name: string;
  /** The spec's inputs by name, as real numbers: what a formula may name. */
  readonly inputs: Readonly<Record<string, Node>>;
  /** For a loss, what each row weighs: [n]. Absent where all weigh 1, and for metrics. */
  readonly rowWeight?: Node | undefined;
  /** For a loss, what each class weighs: [classes]. */
  readonly classWeights?: Node | undefined;
}

/**
 * A loss or metric in two halves, so that its value over a data set does not depend on how that is cut into batches:
 * scalars that are summed over rows, and the value that follows from the sums.
 */
export interface Measure<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** Why it cannot compare these, in words that complete "the loss mse …"; undefined if it can. */
  accepts(fit: Fit, keys: Values<Keys>): string | undefined;
  sums(g: GraphBuilder, comparison: Comparison, keys: Values<Keys>): Readonly<Record<string, Node>>;
  /** `comparison`: what the sums are of; nothing of it may be read but shapes. */
  value(
    g: GraphBuilder,
    sums: Readonly<Record<string, Node>>,
    keys: Values<Keys>,
    comparison: Comparison,
  ): Node;
}

export interface Loss<Keys extends z.ZodRawShape = z.ZodRawShape> extends Measure<Keys> {
  /** The score from which on an output means "yes"; absent where outputs are no such scores. */
  readonly threshold?: number;
  /**
   * What an output says of the target in the target's own units, where that is not the output itself: e^z for
   * a log rate.
   */
  estimate?(g: GraphBuilder, prediction: Node): Node;
}

export type Metric<Keys extends z.ZodRawShape = z.ZodRawShape> = Measure<Keys>;

/** What an optimizer works on: all trainable parameters as one flat tensor. */
export interface UpdateParts {
  readonly parameter: Node;
  /** After clipping. */
  readonly gradient: Node;
  readonly state: Readonly<Record<string, Node>>;
  /** Steps taken before this one, a scalar f64. */
  readonly step: Node;
  /** The learning rate, a scalar f64. */
  readonly rate: Node;
}

export interface Update {
  readonly parameter: Node;
  readonly state: Readonly<Record<string, Node>>;
}

/** "like": a tensor like the parameters; "scalar": one number. All are zero before the first step. */
export type StateShape = "like" | "scalar";

export interface Optimizer<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** The learning rate of a spec that names none: PyTorch's default, or that of the paper's code. */
  readonly defaultRate: number;
  /** Which states it keeps; keys may add some. */
  states(keys: Values<Keys>): Readonly<Record<string, StateShape>>;
  /** What about the keys together is wrong: the key at fault and the rest of a sentence that begins with its path. */
  refuse?(keys: Values<Keys>): KeyFault | undefined;
  update(g: GraphBuilder, parts: UpdateParts, keys: Values<Keys>): Update;
}

export interface KeyFault {
  readonly key: string;
  /** Completes a sentence that begins with the key's path: "needs a momentum above 0". */
  readonly message: string;
}

export interface Schedule<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** The rate at `step`, a scalar f64 counted from 0 after the warm-up. */
  rate(g: GraphBuilder, step: Node, keys: Values<Keys> & { readonly initial: number }): Node;
}

/** How many numbers a unit reads and how many units read a number. */
export interface Fans {
  readonly in: number;
  readonly out: number;
}

/** How a parameter is filled before training: what `runtime/fill.ts` has, its numbers worked out. */
export type Fill =
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
  | { readonly kind: "normal"; readonly mean: number; readonly std: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "orthogonal"; readonly rows: number; readonly columns: number };

export interface Initialiser<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  /** Which fans its numbers depend on. */
  readonly reads: "nothing" | "fan-in" | "both fans";
  refuse?(keys: Values<Keys>): KeyFault | undefined;
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
