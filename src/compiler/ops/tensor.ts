/**
 * Concrete tensors in doubles: the values of the reference interpreter, which is deliberately simple and
 * slow.
 */

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const countOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** The row-major position of an index. */
export function positionOf(shape: readonly number[], at: readonly number[]): number {
  let position = 0;
  for (let axis = 0; axis < shape.length; axis++) position = position * shape[axis] + at[axis];
  return position;
}

/**
 * Every index of a shape, in row-major order. The generator always yields the same array, with new content,
 * so copy an index to retain it.
 */
export function* indicesOf(shape: readonly number[]): Generator<readonly number[]> {
  const at = shape.map(() => 0);
  const count = countOf(shape);
  for (let position = 0; position < count; position++) {
    yield at;
    let axis = shape.length - 1;
    while (axis >= 0 && ++at[axis] === shape[axis]) at[axis--] = 0;
  }
}

export const elementAt = (tensor: Tensor, at: readonly number[]): number =>
  tensor.data[positionOf(tensor.shape, at)];

/** The tensor whose element at each index is `element(index)`. */
export function tensorOf(shape: readonly number[], element: (at: readonly number[]) => number): Tensor {
  const data = new Float64Array(countOf(shape));
  let position = 0;
  for (const at of indicesOf(shape)) data[position++] = element(at);
  return { shape, data };
}

export const mapTensor = (f: (x: number) => number, x: Tensor): Tensor => ({
  shape: x.shape,
  data: x.data.map(f),
});

export const zipTensors = (f: (x: number, y: number) => number, x: Tensor, y: Tensor): Tensor => ({
  shape: x.shape,
  data: x.data.map((value, i) => f(value, y.data[i])),
});
