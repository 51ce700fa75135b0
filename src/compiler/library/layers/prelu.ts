/**
 * relu with a learned slope for negative numbers, as torch.nn.PReLU:
 *
 *     y = x where x > 0, a · x elsewhere        He, Zhang, Ren and Sun 2015
 *
 * There is one slope a for all elements, or one for each index of the last axis.
 */
import * as z from "zod";
import { defineLayer, realNumbers } from "./layer.ts";

export const prelu = defineLayer({
  name: "prelu",
  about: "relu with a learned slope for negative numbers",
  keys: {
    perChannel: z
      .boolean()
      .default(false)
      .describe("If true, each index of the last axis has its own slope; if false, there is one slope."),
    slope: z.number().default(0.25).describe("The initial value of the slope."),
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], { perChannel, slope }) => {
    const { g } = context;
    const x = realNumbers(context, input);
    const channels = perChannel && x.type.shape.length > 1 ? Number(x.type.shape.at(-1)) : 1;
    const learned = context.parameter("slope", [channels], {
      init: { type: "constant", value: slope },
      initKey: "slope",
      // PyTorch advises against decay of the slope: it would pull the layer towards relu.
      regularized: false,
    });
    return g.select(g.part("is_positive", g.less(0, x)), x, g.multiply(learned, x));
  },
});
