/** z has the elements of x, in row-major order, in a different shape. dx = dz in x's shape. */
import { tensorType, TypeRefusal, typeText } from "../../ir/types.ts";
import type { Shape } from "../../ir/types.ts";
import { defineOp, uniform } from "../define.ts";
import { reshapedIndex } from "./reshaped-index.ts";

/** The number of elements without the batch axis. Reshaping must not change it. */
function sizeWithoutBatch(shape: Shape): string {
  const size = shape.reduce<number>((product, d) => (d === "n" ? product : product * d), 1);
  return `${size}${shape.includes("n") ? "·n" : ""}`;
}

/**
 * The numbers of elements before, between and after batch axes. Reshaping must not move elements across a
 * batch axis, because their positions depend on n.
 */
function sizesAroundBatch(shape: Shape): string {
  const sizes = [1];
  for (const d of shape) {
    if (d === "n") sizes.push(1);
    else sizes[sizes.length - 1] *= d;
  }
  return sizes.join();
}

export const reshape = defineOp({
  name: "reshape",
  traits: ["view", "linear"],
  infer: ({ x }, { shape }) => {
    if (sizeWithoutBatch(x.shape) !== sizeWithoutBatch(shape))
      throw new TypeRefusal(
        `${typeText(x)} cannot be reshaped to [${shape.join()}]: that shape has ${sizeWithoutBatch(shape)} ` +
          `elements, not ${sizeWithoutBatch(x.shape)}`,
      );
    if (sizesAroundBatch(x.shape) !== sizesAroundBatch(shape))
      throw new TypeRefusal(
        `${typeText(x)} cannot be reshaped to [${shape.join()}]: elements would move to other rows of the batch`,
      );
    return tensorType(x.element, shape);
  },
  vjp: ({ operands: { x } }, dz, g) => ({ x: g.reshape(dz, { shape: x.type.shape }) }),
  lower: {
    kind: "element",
    element: ({ operands: { x }, attributes }, at, read) =>
      read.x(reshapedIndex(attributes.shape, at, x.type.shape)),
  },
  evaluate: ({ x }, _, shape) => ({ shape, data: x.data.slice() }),
  samples: [
    { operands: { x: uniform(["n", 6]) }, attributes: { shape: ["n", 2, 3] } },
    { operands: { x: uniform([4, 3]) }, attributes: { shape: [2, 6] } },
    { operands: { x: uniform([3, "n", 1]) }, attributes: { shape: [3, "n"] } },
  ],
});
