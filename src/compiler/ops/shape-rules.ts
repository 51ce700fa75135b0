/** Shape rules that several ops share. A rule throws `TypeRefusal` with the reason if operands do not fit. */
import { isFloat, sameShape, tensorType, TypeRefusal, typeText } from "../ir/types.ts";
import type { Dimension, TensorType } from "../ir/types.ts";

export function floatOperand(x: TensorType): TensorType {
  if (!isFloat(x.element)) throw new TypeRefusal(`the operand must be real, not ${typeText(x)}`);
  return x;
}

function numericOperand(x: TensorType): TensorType {
  if (x.element === "bool") throw new TypeRefusal("the operand must be numeric, not bool");
  return x;
}

/** Requires both operands to have the same type, which is also the type of the result. */
export function sameOperands(x: TensorType, y: TensorType): TensorType {
  if (!sameShape(x.shape, y.shape) || x.element !== y.element)
    throw new TypeRefusal(`operands must have the same type, not ${typeText(x)} and ${typeText(y)}`);
  return numericOperand(x);
}

export const comparison = (x: TensorType, y: TensorType): TensorType =>
  tensorType("bool", sameOperands(x, y).shape);

/** Checks that the axes are distinct axes of a tensor with this rank. */
export function checkAxes(axes: readonly number[], rank: number): void {
  if (new Set(axes).size !== axes.length) throw new TypeRefusal(`the axes [${axes.join()}] must be distinct`);
  for (const axis of axes)
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank)
      throw new TypeRefusal(
        `axis ${axis} does not exist; the operand has ${rank} ${rank === 1 ? "axis" : "axes"}`,
      );
}

/** The type of the result of a reduction. */
export function reducedType(x: TensorType, axes: readonly number[]): TensorType {
  checkAxes(axes, x.shape.length);
  return tensorType(
    numericOperand(x).element,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

/** The size of an axis that must not be the batch axis. */
export function staticSize(dimension: Dimension, what: string): number {
  if (dimension === "n") throw new TypeRefusal(`${what} cannot act on the batch axis`);
  return dimension;
}
