/** Layers that change the shape of their input. The batch axis stays first. */
import * as z from "zod";
import type { Shape } from "../../ir/types.ts";
import { defineLayer, givenText, shapeText } from "./layer.ts";

/** The number of elements in a row. */
const rowSize = (shape: Shape): number =>
  shape.reduce<number>((product, size) => (size === "n" ? product : product * size), 1);

const sameSizes = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

export const flatten = defineLayer({
  name: "flatten",
  about: "reshapes each row to a single axis",
  keys: {},
  takes: "one input",
  mask: "passes",
  build: ({ g }, [{ node }]) => {
    const shape: Shape = ["n", rowSize(node.type.shape)];
    return sameSizes(shape, node.type.shape) ? node : g.reshape(node, { shape });
  },
});

export const reshape = defineLayer({
  name: "reshape",
  about: "changes the shape of each row without changing the order of its elements",
  keys: {
    shape: z
      .array(z.int().positive())
      .describe("The lengths of the axes of one row, without the batch axis."),
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], keys) => {
    const shape: Shape = ["n", ...keys.shape];
    const { node } = input;
    if (rowSize(shape) !== rowSize(node.type.shape))
      context.refuse(
        `${context.layer} needs ${rowSize(shape)} numbers per row for the shape ${shapeText(shape)}, ` +
          `but ${givenText([input])}, which has ${rowSize(node.type.shape)}`,
        { key: "shape" },
      );
    return sameSizes(shape, node.type.shape) ? node : context.g.reshape(node, { shape });
  },
});
