/**
 * The general product as `MatMul`, unless it is a convolution: the operands get the axes [batch, i, k] and [batch, k,
 * j]. Each of i, j and k may be any number of axes, which are merged where `MatMul` needs one.
 */
import type { Axes } from "../../ir/nodes.ts";
import type { Shape } from "../../ir/types.ts";
import { axesOf } from "./context.ts";
import type { Rule } from "./context.ts";
import { convolution } from "./convolutions.ts";

const pick = (shape: Shape, axes: Axes): Shape => axes.map((axis) => shape[axis]);

const others = (shape: Shape, ...taken: readonly Axes[]): number[] =>
  [...shape.keys()].filter((axis) => !taken.some((axes) => axes.includes(axis)));

const product: Rule<"contract"> = ({ operands: { x, y }, attributes, type }, c) => {
  const { batchX, batchY, sumX, sumY } = attributes;
  const [shapeX, shapeY] = [x.type.shape, y.type.shape];
  const freeX = others(shapeX, batchX, sumX);
  const freeY = others(shapeY, batchY, sumY);
  const orderX = [...batchX, ...freeX, ...sumX];
  const orderY = [...batchY, ...sumY, ...freeY];
  const left = c.transpose(c.value(x), orderX);
  const right = c.transpose(c.value(y), orderY);
  // Without a batch, MatMul takes any number of axes i.
  const isPlain =
    sumX.length === 1 && freeY.length === 1 && (batchX.length === 0 ? freeX.length > 0 : freeX.length === 1);
  if (isPlain) return c.make("MatMul", [left, right]);
  const batch = axesOf(pick(shapeX, batchX));
  const [i, j, k] = [pick(shapeX, freeX), pick(shapeY, freeY), pick(shapeX, sumX)];
  const product = c.make("MatMul", [
    c.reshape(left, axesOf(pick(shapeX, orderX)), [...batch, i, k]),
    c.reshape(right, axesOf(pick(shapeY, orderY)), [...batch, k, j]),
  ]);
  return c.reshape(product, [...batch, i, j], axesOf(type.shape));
};

export const contract: Rule<"contract"> = (node, c) => convolution(node, c) ?? product(node, c);
