/**
 * The closed table of activations, and the user's own as a formula. A new activation is a definition in
 * `builtin.ts` and a line here.
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
  elu,
  gelu,
  hardSigmoid,
  hardTanh,
  leakyRelu,
  linear,
  logSoftmax,
  mish,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  step,
  tanh,
} from "./builtin.ts";

// The user's own activation: a formula over x, or in TypeScript a function over the builder.

/** Gives a value of the shape of x. */
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
    formula: formulaKey<ActivationFunction>("What becomes of each number x."),
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
