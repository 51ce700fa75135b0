/**
 * An activation as a layer. The key `fn` names the function; the function's own keys are keys of the layer.
 * The schema allows them for every function, so this file checks which key belongs to which function.
 */
import * as z from "zod";
import { choice } from "../../util/choice.ts";
import { didYouMean } from "../../util/message-text.ts";
import { activate, activationOf, activations } from "../activations/index.ts";
import type { ActivationFunction } from "../activations/index.ts";
import { functionKey } from "../formula/keys.ts";
import { defineLayer, realNumbers, realWithLastAxis } from "./layer.ts";
import type { LayerContext } from "./layer.ts";
import { maskedAlongLast } from "./masks.ts";

type ActivationName = Exclude<keyof typeof activations, "formula">;

const names = Object.keys(activations).filter(
  (name): name is ActivationName => Object.hasOwn(activations, name) && name !== "formula",
);

const full = choice(activations);

/** The schema of `fn` as an object with a formula and its constants. */
const formula = z
  .strictObject(activations.formula.keys)
  .transform((keys) => ({ type: "formula" as const, ...keys }))
  .describe(activations.formula.about);

const functionAlone = functionKey<ActivationFunction>().transform((formula) => ({
  type: "formula" as const,
  formula,
  constants: {},
}));

/**
 * These keys have no defaults. Only keys that are in the spec have values, so a key of another function can
 * be reported.
 */
const functionKeys = {
  slope: activations["leaky-relu"].keys.slope
    .unwrap()
    .optional()
    .describe("For leaky-relu: the slope for negative x (default 0.01)."),
  alpha: activations.elu.keys.alpha
    .unwrap()
    .optional()
    .describe("For elu and celu: the output approaches -alpha for very negative x (default 1)."),
  approximate: activations.gelu.keys.approximate
    .unwrap()
    .optional()
    .describe('For gelu: the approximation of Φ (default "none").'),
  lambda: activations["hard-shrink"].keys.lambda
    .unwrap()
    .optional()
    .describe("For hard-shrink and soft-shrink: the output is 0 from -lambda to lambda (default 0.5)."),
  threshold: activations.threshold.keys.threshold
    .unwrap()
    .optional()
    .describe("For threshold: the output is x above this number (default 1)."),
  value: activations.threshold.keys.value
    .unwrap()
    .optional()
    .describe("For threshold: the output elsewhere (default 0)."),
  surrogate: activations.step.keys.surrogate.describe("For step: the surrogate derivative."),
};

function refuseForeignKey(context: LayerContext, fn: keyof typeof activations, key: string): never {
  const own = fn === "formula" ? [] : Object.keys(activations[fn].keys);
  const similar = didYouMean(key, own);
  const known = own.length === 0 ? `${fn} has no keys of its own` : `known keys of ${fn}: ${own.join(", ")}`;
  const hint = similar === undefined ? known : `did you mean "${similar}"?`;
  return context.refuse(`${context.layer}: unknown key "${key}" of the activation ${fn}`, { key, hint });
}

export const activation = defineLayer({
  name: "activation",
  about: "an activation function, applied to each element or along the last axis",
  keys: {
    fn: z.union([z.enum(names), formula, functionAlone]).describe("The activation, or a formula over x."),
    ...functionKeys,
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], { fn, ...keys }) => {
    const all = Object.entries(keys).filter(([key]) => Object.hasOwn(functionKeys, key));
    const given = all.filter(([, value]) => value !== undefined);
    const name = typeof fn === "string" ? fn : fn.type;
    for (const [key] of given)
      if (!Object.hasOwn(activations[name].keys, key)) refuseForeignKey(context, name, key);
    const chosen = typeof fn === "string" ? full.parse({ type: fn, ...Object.fromEntries(given) }) : fn;
    const onElements = activationOf(chosen).acts === "on elements";
    const x = onElements ? realNumbers(context, input) : realWithLastAxis(context, input).x;
    const { mask } = input;
    const isAlongTime = !onElements && x.type.shape.length === 2;
    return isAlongTime && mask !== undefined
      ? maskedAlongLast(context.g, x, mask, (g, real) => activate(g, real, chosen))
      : activate(context.g, x, chosen);
  },
});
