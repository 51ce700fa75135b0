/** Layers that combine the values of several others. */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Shape } from "../../ir/types.ts";
import { sameShape } from "../../ir/types.ts";
import { defineLayer, givenText, realNumbers } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { concatenatedMask, jointMask } from "./masks.ts";

/** Checks that the shapes are equal except for axes of size 1, which broadcast, and returns the values. */
function ofOneShape(context: LayerContext, inputs: readonly LayerInput[]): Node[] {
  const nodes = inputs.map((input) => realNumbers(context, input));
  const [first] = nodes;
  for (const { type } of nodes)
    if (type.shape.length !== first.type.shape.length) refuseShapes(context, inputs);
  first.type.shape.forEach((_, axis) => {
    const sizes = new Set(nodes.map(({ type }) => type.shape[axis]).filter((size) => size !== 1));
    if (sizes.size > 1) refuseShapes(context, inputs);
  });
  return nodes;
}

const refuseShapes = (context: LayerContext, inputs: readonly LayerInput[]): never =>
  context.refuse(`${context.layer} needs inputs of the same shape, but ${givenText(inputs)}`, {
    key: "from",
  });

export const add = defineLayer({
  name: "add",
  about: "the elementwise sum of several layers",
  keys: {},
  takes: "several inputs",
  mask: "joins",
  build: (context, inputs) => ofOneShape(context, inputs).reduce((sum, x) => context.g.add(sum, x)),
});

export const multiply = defineLayer({
  name: "multiply",
  about: "the elementwise product of several layers",
  keys: {},
  takes: "several inputs",
  mask: "joins",
  build: (context, inputs) =>
    ofOneShape(context, inputs).reduce((product, x) => context.g.multiply(product, x)),
});

/**
 * The end of a `residual` block. Unlike `add` it does not broadcast, because a block that adds one number to
 * many is most likely a mistake.
 */
export const residual = defineLayer({
  name: "residual",
  about: "the sum of the input of a block and the output of its last layer",
  keys: {},
  takes: "several inputs",
  mask: "joins",
  build: (context, [kept, last]) => {
    const [x, y] = [realNumbers(context, kept), realNumbers(context, last)];
    if (!sameShape(x.type.shape, y.type.shape))
      context.refuse(
        `${context.layer} adds its input to the output of its last layer, but ${givenText([last, kept])}`,
        {
          hint: 'add a "shortcut" with layers that change the shape of the input to the shape of the last layer',
        },
      );
    return context.g.add(x, y);
  },
});

/** Converts an axis of a row to an axis of the batch. Negative numbers count from the end. */
const batchAxis = (given: number, shape: Shape): number => (given < 0 ? shape.length + given : given + 1);

/**
 * The mask of a concatenation. Along time, the masks are concatenated too. Along any other axis, a position is
 * padding if it is padding in at least one input.
 */
const concatMask = (g: GraphBuilder, inputs: readonly LayerInput[], axis: number): Node | undefined =>
  batchAxis(axis, inputs[0].node.type.shape) === 1
    ? concatenatedMask(g, inputs)
    : jointMask(
        g,
        inputs.flatMap(({ mask }) => mask ?? []),
      );

export const concat = defineLayer({
  name: "concat",
  about: "the concatenation of several layers along an axis",
  keys: {
    axis: z
      .int()
      .default(-1)
      .describe("The axis: 0 is the first axis after the batch axis, and -1 is the last axis."),
  },
  takes: "several inputs",
  mask: { of: ({ g }, inputs, { axis }) => concatMask(g, inputs, axis) },
  build: (context, inputs, { axis: given }) => {
    const { g, layer } = context;
    const [first, ...others] = inputs;
    const { shape, element } = first.node.type;
    const axis = batchAxis(given, shape);
    if (axis < 1 || axis >= shape.length)
      context.refuse(`${layer}: axis ${given} does not exist, because ${givenText([first])}`, {
        key: "axis",
      });
    for (const { node } of others) {
      const fits =
        node.type.shape.length === shape.length &&
        shape.every((size, i) => i === axis || size === node.type.shape[i]);
      if (!fits)
        context.refuse(
          `${layer} needs inputs whose shapes differ only in axis ${given}, but ${givenText(inputs)}`,
          {
            key: "from",
          },
        );
      if (node.type.element !== element)
        context.refuse(`${layer} cannot join real numbers and indices (i32)`, { key: "from" });
    }
    return others.reduce((joined, { node }) => g.concat(joined, node, { axis }), first.node);
  },
});
