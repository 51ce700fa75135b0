/**
 * An activation as a layer of its own: `fn` names it, and the function's own keys stand beside. Which key belongs to which
 * function is checked here, since a layer's keys are one list.
 */
import { z } from "zod";
import { choice } from "../../util/choice.ts";
import { didYouMean } from "../../util/did-you-mean.ts";
import { activate, activationOf, activations } from "../activations/index.ts";
import { defineLayer, realNumbers, realWithLastAxis } from "./layer.ts";
import type { LayerContext } from "./layer.ts";

type ActivationName = keyof typeof activations;

const names = Object.keys(activations).filter((name): name is ActivationName =>
  Object.hasOwn(activations, name),
);

const full = choice(activations);

/** Without their defaults: what is not given must stay so, to be told apart from what belongs to another function. */
const functionKeys = {
  slope: activations["leaky-relu"].keys.slope
    .unwrap()
    .optional()
    .describe("Of leaky-relu: the slope for negative x (0.01)."),
  alpha: activations.elu.keys.alpha
    .unwrap()
    .optional()
    .describe("Of elu: minus the limit for very negative x (1)."),
  approximate: activations.gelu.keys.approximate
    .unwrap()
    .optional()
    .describe('Of gelu: "none" or "tanh" ("none").'),
  surrogate: activations.step.keys.surrogate.describe("Of step: whose derivative stands in."),
};

function refuseForeignKey(context: LayerContext, fn: ActivationName, key: string): never {
  const own = Object.keys(activations[fn].keys);
  const similar = didYouMean(key, own);
  const known = own.length === 0 ? `${fn} has no keys` : `keys of ${fn}: ${own.join(", ")}`;
  const hint = similar === undefined ? known : `did you mean "${similar}"?`;
  return context.refuse(`${context.layer}: the activation ${fn} has no key "${key}"`, { key, hint });
}

export const activation = defineLayer({
  name: "activation",
  about: "a function of every element, or along the last axis",
  keys: { fn: z.enum(names).describe("The activation."), ...functionKeys },
  takes: "one input",
  build: (context, [input], { fn, slope, alpha, approximate, surrogate }) => {
    const all = Object.entries({ slope, alpha, approximate, surrogate });
    const given = all.filter(([, value]) => value !== undefined);
    for (const [key] of given)
      if (!Object.hasOwn(activations[fn].keys, key)) refuseForeignKey(context, fn, key);
    const chosen = full.parse({ type: fn, ...Object.fromEntries(given) });
    const onElements = activationOf(chosen).acts === "on elements";
    const x = onElements ? realNumbers(context, input) : realWithLastAxis(context, input).x;
    return activate(context.g, x, chosen);
  },
});
