/** Layers that map each index or position to a vector. */
import * as z from "zod";
import { choice } from "../../util/choice.ts";
import { initialisers } from "../initialisers/index.ts";
import type { InitialiserChoice } from "../initialisers/index.ts";
import { defineLayer, givenText, missingAxisHint, realWithLastAxis } from "./layer.ts";

const initKey = choice(initialisers)
  .optional()
  .describe("The initialiser of the vectors; by default normal with a standard deviation of 0.02.");
const small: InitialiserChoice = { type: "normal", mean: 0, std: 0.02 };

export const embedding = defineLayer({
  name: "embedding",
  about: "a learned vector for each index",
  keys: {
    vocabulary: z.int().positive().describe("The number of indices, which start at 0."),
    units: z.int().positive().describe("The length of each vector; the vectors form a new last axis."),
    init: initKey,
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], { vocabulary, units, init }) => {
    if (input.node.type.element !== "i32")
      context.refuse(`${context.layer} must read indices (i32), but ${input.name} contains real numbers`, {
        hint: `add "dtype": "i32" to the input`,
      });
    const weight = context.parameter("weight", [vocabulary, units], {
      init: init ?? small,
      initKey: "init",
      regularized: true,
    });
    return context.g.gather(weight, input.node);
  },
});

export const positionEmbedding = defineLayer({
  name: "position-embedding",
  about: "adds a learned vector for each position of a sequence",
  keys: { init: initKey },
  takes: "one input",
  mask: "passes",
  build: (context, [input], { init }) => {
    const { x, size } = realWithLastAxis(context, input);
    const length = x.type.shape.at(-2);
    if (typeof length !== "number")
      return context.refuse(
        `${context.layer} must read a sequence [n, length, units], but ${givenText([input])}`,
        { hint: missingAxisHint(input, 2) },
      );
    const weight = context.parameter("weight", [length, size], {
      init: init ?? small,
      initKey: "init",
      regularized: true,
    });
    return context.g.add(x, weight);
  },
});
