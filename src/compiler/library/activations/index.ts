/**
 * The table of activations, with user-defined activations as formulas. To add an activation, define it in
 * `builtin.ts` and add a line here.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Choice } from "../../util/choice.ts";
import { defineActivation } from "../define.ts";
import type { Activation } from "../define.ts";
import { buildFormula } from "../formula/build.ts";
import type { FormulaContext } from "../formula/check.ts";
import { constantKinds, constantValues, constantsKey, expressionTree, formulaKey } from "../formula/keys.ts";
import type { Constants } from "../formula/keys.ts";
import { called, returnedLike } from "../user-function.ts";
import {
  celu,
  elu,
  gelu,
  hardShrink,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  linear,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softShrink,
  softsign,
  step,
  tanh,
  tanhShrink,
  threshold,
} from "./builtin.ts";

// A user-defined activation: a formula of x, or a function in TypeScript.

/** Returns a value with the shape of x. */
export type ActivationFunction = (g: GraphBuilder, x: Node) => Node;

export const activationContext = (constants: Constants): FormulaContext => ({
  what: "an activation",
  names: new Map([["x", "many"], ...constantKinds(constants)]),
  totals: "none",
  hasAxes: false,
  result: "any",
});

const formula = defineActivation({
  name: "formula",
  about: 'a formula over x, such as "x * sigmoid(beta * x)"',
  keys: {
    formula: formulaKey<ActivationFunction>("The value for each number x."),
    constants: constantsKey,
  },
  family: "xavier",
  acts: "on elements",
  build: (g, x, { formula, constants }) => {
    const names = new Map([["x", x], ...constantValues(constants)]);
    const value =
      typeof formula === "string"
        ? buildFormula(g, expressionTree(formula), { text: formula, names, element: x.type.element })
        : called("the activation function", () => formula(g, x));
    return returnedLike(g, "the activation function", value, x.type.shape);
  },
});

export const activations = {
  linear,
  relu,
  relu6,
  "leaky-relu": leakyRelu,
  threshold,
  elu,
  celu,
  selu,
  gelu,
  silu,
  "hard-swish": hardSwish,
  mish,
  softplus,
  softsign,
  sigmoid,
  "hard-sigmoid": hardSigmoid,
  "hard-tanh": hardTanh,
  tanh,
  "log-sigmoid": logSigmoid,
  "hard-shrink": hardShrink,
  "soft-shrink": softShrink,
  "tanh-shrink": tanhShrink,
  softmax,
  "log-softmax": logSoftmax,
  step,
  formula,
} satisfies Record<string, Activation>;

/** An activation in the canonical spec. */
export type ActivationChoice = Choice<typeof activations>;

/** The name of the activation in the key `fn` of an `activation` layer. */
export const activationName = (fn: string | { readonly type: string }): string =>
  typeof fn === "string" ? fn : fn.type;

export const activationOf = ({ type }: ActivationChoice): Activation => activations[type];

/** Applies an activation to `x`. The nodes record the name of the activation as their composite. */
export const activate = (g: GraphBuilder, x: Node, chosen: ActivationChoice): Node =>
  g.within({ composite: chosen.type }, () => activationOf(chosen).build(g, x, chosen));
