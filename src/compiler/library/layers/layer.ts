/**
 * The interface of layers. A layer takes the values of inputs and earlier layers, checks them, and builds its own
 * value. Its context provides parameters, randomness and the mode.
 */
import type { z } from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Shape } from "../../ir/types.ts";
import { hasTrait } from "../../ops/index.ts";
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import type { Entry, Fans, Values } from "../define.ts";
import type { InitialiserChoice } from "../initialisers/index.ts";
import type { OnnxModel } from "../onnx/model.ts";

/** A value that a layer reads, with the name of the input or layer that provides it. */
export interface LayerInput {
  readonly name: string;
  readonly node: Node;
  /** The real positions of each row, a bool [n, length]; undefined if no position is padding. */
  readonly mask?: Node | undefined;
}

export interface ParameterOptions {
  readonly init: InitialiserChoice;
  /** The key of the layer that contains `init`, for diagnostics. */
  readonly initKey: string;
  /** Whether l1 and l2 apply to it. They apply to weights, never to biases. */
  readonly regularized: boolean;
  /** Default: derived from the shape. */
  readonly fans?: Fans;
}

/** A parameter whose initial values are given, such as a weight of a model file. */
export interface GivenParameter {
  /** The node of the parameter, whose name is `LAYER.NAME`. */
  readonly node: Node;
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: ArrayLike<number>;
  readonly trainable: boolean;
  /** Where the values come from, for comments. */
  readonly about: string;
}

export interface LayerContext {
  readonly g: GraphBuilder;
  readonly mode: "training" | "evaluation";
  /** The layer's name. */
  readonly layer: string;
  /** A parameter `LAYER.name`. Parameters are in memory in the order of these calls. */
  parameter(name: string, shape: readonly number[], options: ParameterOptions): Node;
  /** Adds parameters that the layer has built itself, in this order. */
  given(parameters: readonly GivenParameter[]): void;
  /** The model in a file that the spec names. */
  modelFile(file: string): OnnxModel;
  /**
   * A statistic `LAYER.name`, which has no gradient. In training mode `next` returns its value after the
   * step. Only a complete training step stores that value; a call that only computes gradients does not.
   */
  running(
    name: string,
    shape: readonly number[],
    init: InitialiserChoice,
    next: (before: Node) => Node,
  ): Node;
  /** Random numbers, uniform in [0, 1), that depend only on seed, step and layer. */
  random(shape: Shape): Node;
  /** Ends the build with a diagnostic at the layer or at one of its keys. The message is a whole sentence. */
  refuse(
    message: string,
    options?: { readonly key?: string; readonly hint?: string | undefined; readonly code?: DiagnosticCode },
  ): never;
}

/**
 * The effect of a layer on masks.
 *
 *     passes   the value has the mask of the first input if it has the same positions
 *     joins    a position of the value is real if it is real in every input that has a mask
 *     ends     the value has no mask
 */
export type MaskRule<Keys extends z.ZodRawShape> = "passes" | "joins" | "ends" | MaskFunction<Keys>;

interface MaskFunction<Keys extends z.ZodRawShape> {
  /**
   * Returns the mask of `value`, which the layer has built from `inputs`. Called only if an input has a mask.
   */
  of(context: LayerContext, inputs: readonly LayerInput[], keys: Values<Keys>, value: Node): Node | undefined;
}

export interface Layer<Keys extends z.ZodRawShape = z.ZodRawShape> extends Entry<Keys> {
  readonly takes: "one input" | "two inputs" | "several inputs" | "any inputs";
  readonly mask: MaskRule<Keys>;
  build(context: LayerContext, inputs: readonly LayerInput[], keys: Values<Keys>): Node;
}

export const defineLayer = <const Keys extends z.ZodRawShape>(entry: Layer<Keys>): Layer<Keys> => entry;

/** `[n, 5]` */
export const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;

/** For messages: "dense1 has the shape [n, 5]", "a has the shape [n, 5] and b has the shape [n, 6]". */
export const givenText = (inputs: readonly LayerInput[]): string =>
  inputs.map(({ name, node }) => `${name} has the shape ${shapeText(node.type.shape)}`).join(" and ");

/**
 * Checks that a value is real and has a last axis besides the batch axis. Returns the value and the size of
 * this axis.
 */
export function realWithLastAxis(context: LayerContext, input: LayerInput): { x: Node; size: number } {
  const x = realNumbers(context, input);
  const size = x.type.shape.at(-1);
  if (typeof size === "number" && x.type.shape.length > 1) return { x, size };
  return context.refuse(
    `${context.layer} acts on the last axis of a row, but ${givenText([input])}, so its rows have no axis`,
    { hint: 'insert { "type": "reshape", "shape": [1] } before it' },
  );
}

/** Checks that the value is real, and returns it. */
export function realNumbers(context: LayerContext, { name, node }: LayerInput): Node {
  if (node.type.element !== "i32") return node;
  return context.refuse(`${context.layer} must read real numbers, but ${name} contains indices (i32)`, {
    hint: `remove "dtype" from inputs.${name} if its values are not indices`,
  });
}

/** Whether the value is the last state of a recurrent layer that does not return sequences. */
const isLastState = (node: Node): boolean =>
  // A bidirectional block concatenates the last states of both directions.
  (node.op === "concat" && operandsOf(node).every(isLastState)) ||
  (node.op === "reshape" && node.operands.x.op === "slice" && node.operands.x.operands.x.op === "scan");

/** The last state of a recurrent layer from which the value is computed element by element, as by dropout. */
function lastStateIn(node: Node): Node | undefined {
  if (isLastState(node)) return node;
  if (!hasTrait(node, "pointwise")) return undefined;
  const hasShape = ({ type }: Node): boolean => shapeText(type.shape) === shapeText(node.type.shape);
  return operandsOf(node)
    .filter(hasShape)
    .map(lastStateIn)
    .find((found) => found !== undefined);
}

/**
 * Returns a hint for a layer that needs values with `rank` axes besides the batch axis, if the value has one axis
 * less: usually the channels of a grey image or of a single series.
 */
export function missingAxisHint({ name, node }: LayerInput, rank: number): string | undefined {
  const sizes = node.type.shape.slice(1);
  if (sizes.length !== rank - 1 || sizes.length === 0) return undefined;
  const state = lastStateIn(node);
  if (state !== undefined) return `set "returnSequences": true in ${state.origin.layer ?? name}`;
  const shape = shapeText([...sizes, 1]);
  return node.op === "input"
    ? `declare the shape ${shape} in inputs.${name}`
    : `insert { "type": "reshape", "shape": ${shape} } before it`;
}
