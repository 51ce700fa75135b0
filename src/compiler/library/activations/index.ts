/** The closed table of activations. A new one is a definition in this folder and a line here. */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Choice } from "../../util/choice.ts";
import type { Activation } from "../define.ts";
import { formula } from "./formula.ts";
import { linear } from "./linear.ts";
import { elu, leakyRelu, relu, selu } from "./rectifiers.ts";
import { gelu, mish, silu, softplus } from "./smooth.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { hardSigmoid, hardTanh, sigmoid, softsign, tanh } from "./squashing.ts";
import { step } from "./step.ts";

export const activations = {
  linear,
  relu,
  "leaky-relu": leakyRelu,
  elu,
  selu,
  gelu,
  silu,
  mish,
  softplus,
  softsign,
  sigmoid,
  "hard-sigmoid": hardSigmoid,
  "hard-tanh": hardTanh,
  tanh,
  softmax,
  "log-softmax": logSoftmax,
  step,
  formula,
} satisfies Record<string, Activation>;

/** An activation as the canonical spec has it. */
export type ActivationChoice = Choice<typeof activations>;

/** What an `activation` layer's `fn` names. */
export const activationName = (fn: string | { readonly type: string }): string =>
  typeof fn === "string" ? fn : fn.type;

export const activationOf = ({ type }: ActivationChoice): Activation => activations[type];

/** The activation of `x`; what it builds is marked as its composite. */
export const activate = (g: GraphBuilder, x: Node, chosen: ActivationChoice): Node =>
  g.within({ composite: chosen.type }, () => activationOf(chosen).build(g, x, chosen));
