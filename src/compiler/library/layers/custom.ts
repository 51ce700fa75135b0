/**
 * A user-defined layer: a function in a TypeScript spec that composes ops of the builder. The compiler calls
 * it once for each graph that contains the network. The first parameter of the function provides parameters,
 * statistics and randomness.
 */
import type { z } from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { carried, each, recur, whole } from "../../ir/recurrence.ts";
import type { Step } from "../../ir/recurrence.ts";
import type { Shape } from "../../ir/types.ts";
import { choice } from "../../util/choice.ts";
import { showValue } from "../../util/message-text.ts";
import type { Fans } from "../define.ts";
import { BuildError } from "../build-error.ts";
import { functionKey } from "../formula/keys.ts";
import { initialisers } from "../initialisers/index.ts";
import type { InitialiserChoice } from "../initialisers/index.ts";
import { called, returnedNode } from "../user-function.ts";
import { defineLayer, shapeText } from "./layer.ts";
import type { LayerContext } from "./layer.ts";

const initialiser = choice(initialisers);

/** An initialiser as a spec writes it, such as "he-uniform" or { type: "normal", std: 0.1 }. */
export type InitialiserSpec = z.input<typeof initialiser>;

export interface ParameterOptions {
  /** Default: the uniform Xavier initialiser. */
  readonly init?: InitialiserSpec;
  /** Whether `regularization` applies to the parameter. Default: true if it has at least two axes. */
  readonly regularized?: boolean;
  /** Fan-in and fan-out. Default: derived from the shape. */
  readonly fans?: Fans;
}

export interface CustomContext {
  /** The builder. Its methods are the ops; operands broadcast as in NumPy. */
  readonly g: GraphBuilder;
  readonly mode: "training" | "evaluation";
  /** The layer's name. */
  readonly layer: string;
  /** A parameter `LAYER.name`. It is trained unless the layer is frozen. */
  parameter(name: string, shape: readonly number[], options?: ParameterOptions): Node;
  /** A statistic `LAYER.name`, which has no gradient. `next` returns its value after a training step. */
  running(name: string, shape: readonly number[], init: InitialiserSpec, next: (before: Node) => Node): Node;
  /**
   * The mask of the first input, a bool [n, length] that is false on padding; undefined if there is no
   * padding. If the value of the layer has the same positions, it gets the same mask.
   */
  readonly mask: Node | undefined;
  /**
   * Random numbers, uniform in [0, 1), that depend only on seed, step and layer. "n" is the number of rows of
   * a batch.
   */
  random(shape: Shape): Node;
  /**
   * Repeats `step` along time and stacks its values to [n, length, …]. A step receives the elements of the
   * sequences `each` at its time, the values `carried` by the previous step, and the values `whole`
   * unchanged. `next` contains the carried values for the next step. With `mask`, a step on padding does not
   * change the carried values.
   */
  recur(operands: RecurrenceOperands, step: RecurrenceStep, options?: RecurrenceOptions): Node;
  /** Ends the build with a diagnostic at the layer. */
  refuse(message: string, options?: { readonly hint?: string }): never;
}

type Nodes = Readonly<Record<string, Node>>;
export interface RecurrenceOperands {
  /** Sequences of shape [n, length, …]. */
  readonly each: Nodes;
  /** The carried values of the first step. */
  readonly carried?: Nodes;
  readonly whole?: Nodes;
}
export interface RecurrenceOptions {
  readonly reverse?: boolean;
  /** A bool [n, length]. */
  readonly mask?: Node | undefined;
}
/** `parts` contains the values at one step, by the names of the operands. */
export type RecurrenceStep = (parts: Nodes) => Step;

/** Returns the value of the layer, of shape [n, …], from the values that it reads. */
export type LayerFunction = (context: CustomContext, x: Node, ...others: Node[]) => Node;

/** Whether the value has the positions of x. In that case, it also has the padding of x. */
const sameSequence = (x: Node, { type: { shape } }: Node): boolean =>
  shape.length === x.type.shape.length && shape[1] === x.type.shape[1];

export const custom = defineLayer({
  name: "custom",
  about: "a function in a TypeScript spec that composes the ops of the builder",
  keys: {
    build: functionKey<LayerFunction>().describe("The function that returns the output of the layer."),
  },
  takes: "any inputs",
  mask: { of: (_, [{ node, mask }], _keys, value) => (sameSequence(node, value) ? mask : undefined) },
  build: (context, inputs, { build }) => {
    const { g, layer } = context;
    const what = `${layer}: the function of the layer`;
    const [x, ...others] = inputs.map(({ node }) => node);
    const value = returnedNode(
      g,
      what,
      called(what, () => build(customContext(context, inputs[0].mask), x, ...others)),
    );
    if (value.type.shape[0] !== "n")
      throw new BuildError(
        "T1608",
        `${what} must return a node of the shape [n, …], got ${shapeText(value.type.shape)}`,
      );
    return value.type.element === "bool" ? g.cast(value, { element: g.float }) : value;
  },
});

const parameterName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** The context, with run-time checks of its arguments, because a spec need not be type-checked. */
function customContext(context: LayerContext, mask: Node | undefined): CustomContext {
  const { g, mode, layer } = context;
  const requested = new Set<string>();
  const checked = (name: string, shape: readonly number[], init: unknown): InitialiserChoice => {
    if (typeof name !== "string" || !parameterName.test(name) || name in Object.prototype)
      throw new BuildError("T1608", `${layer}: ${showValue(name)} is not a valid parameter name`, {
        hint: "start with a letter, followed by letters, digits, underscores or hyphens",
      });
    if (requested.has(name))
      throw new BuildError("T1608", `${layer} requests the parameter ${showValue(name)} twice`);
    requested.add(name);
    if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size) && size > 0))
      throw new BuildError(
        "T1608",
        `${layer}: the shape of ${name} must be a list of positive integers, got ${showValue(shape)}`,
      );
    const read = initialiser.safeParse(init);
    if (read.success) return read.data;
    throw new BuildError(
      "T1608",
      `${layer}: the init of ${name} must be an initialiser, got ${showValue(init)}`,
      {
        hint: `use one of these names, or an object with such a type: ${Object.keys(initialisers).join(", ")}`,
      },
    );
  };
  return {
    g,
    mode,
    layer,
    mask,
    parameter: (name, shape, { init = "xavier-uniform", regularized, fans } = {}) =>
      context.parameter(name, shape, {
        init: checked(name, shape, init),
        initKey: "build",
        regularized: regularized ?? shape.length > 1,
        ...(fans && { fans }),
      }),
    running: (name, shape, init, next) => context.running(name, shape, checked(name, shape, init), next),
    random: (shape) => context.random(shape),
    recur: ({ each: sequences, carried: before = {}, whole: fixed = {} }, step, options = {}) => {
      const [first] = Object.values(sequences);
      const length = first?.type.shape[1];
      if (typeof length !== "number")
        throw new BuildError("T1608", `${layer}: recur needs a sequence [n, length, …] in "each"`);
      const given = Object.fromEntries([
        ...Object.entries(sequences).map(([name, node]) => [name, each(node)] as const),
        ...Object.entries(before).map(([name, node]) => [name, carried(node)] as const),
        ...Object.entries(fixed).map(([name, node]) => [name, whole(node)] as const),
      ]);
      return recur(g, { ...options, name: layer, length }, given, step);
    },
    refuse: (message, options = {}) => context.refuse(message, options),
  };
}
