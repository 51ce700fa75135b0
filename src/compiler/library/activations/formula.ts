/** An activation of the user's own: a formula over x, or in TypeScript a function over the builder. */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineActivation } from "../define.ts";
import { buildFormula } from "../formula/build.ts";
import type { Place } from "../formula/check.ts";
import { constantKinds, constantsKey, constantValues, expressionTree, formulaKey } from "../formula/keys.ts";
import type { Constants } from "../formula/keys.ts";
import { called, returnedLike } from "../user-function.ts";

/** Gives a value of the shape of x. */
export type ActivationFunction = (g: GraphBuilder, x: Node) => Node;

export const activationPlace = (constants: Constants): Place => ({
  what: "an activation",
  names: new Map([["x", "many"], ...constantKinds(constants)]),
  totals: "none",
  hasAxes: false,
  result: "any",
});

export const formula = defineActivation({
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
