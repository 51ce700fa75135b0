/**
 * Fully connected layer: y = f(x · W + b) along the last axis. Any number of axes may precede it.
 *
 *     W: [in, units]        b: [units]
 */
import * as z from "zod";
import type { Node } from "../../ir/nodes.ts";
import { choice } from "../../util/choice.ts";
import { activate, activationOf, activations } from "../activations/index.ts";
import { defaultInitialiser, initialisers } from "../initialisers/index.ts";
import { defineLayer, realWithLastAxis } from "./layer.ts";

export const dense = defineLayer({
  name: "dense",
  about: "a fully connected layer: each unit reads all elements of the last axis",
  keys: {
    units: z.int().positive().describe("The number of units, which is the length of the new last axis."),
    activation: choice(activations).prefault("linear").describe("The activation applied to the units."),
    bias: z.boolean().default(true).describe("If true, adds a learned bias for each unit."),
    init: choice(initialisers)
      .optional()
      .describe(
        "The initialiser of the weights; by default he-uniform for the relu family, lecun-uniform for selu, " +
          "otherwise xavier-uniform.",
      ),
    biasInit: choice(initialisers).prefault("zeros").describe("The initialiser of the biases."),
  },
  takes: "one input",
  mask: { of: (_, [{ node, mask }]) => (node.type.shape.length > 2 ? mask : undefined) },
  build: (context, [input], { units, activation, bias, init, biasInit }) => {
    const { g, layer } = context;
    const { x, size } = realWithLastAxis(context, input);
    const weight = context.parameter("weight", [size, units], {
      init: init ?? defaultInitialiser(activationOf(activation).family),
      initKey: "init",
      regularized: true,
    });
    const axis = x.type.shape.length - 1;
    const product = g.contract(x, weight, { batchX: [], batchY: [], sumX: [axis], sumY: [0] });
    const withBias = (): Node => {
      const fans = { in: size, out: units };
      const options = { init: biasInit, initKey: "biasInit", regularized: false, fans };
      return g.add(g.named(`${layer}_product`, product), context.parameter("bias", [units], options));
    };
    const sum = bias ? withBias() : product;
    return activation.type === "linear" ? sum : activate(g, g.named(`${layer}_sum`, sum), activation);
  },
});
