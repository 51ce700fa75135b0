// Layers by their definitions, in loops over plain numbers. Nothing here uses the windows, contractions or
// graphs of the compiler, whose results are compared with these. Rows are in row-major order with channels
// last.

/** A row: its numbers and its shape, without the batch axis. */
export interface Row {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const size = (shape: readonly number[]): number => shape.reduce((product, d) => product * d, 1);

/** The number at an index, or `beyond` if the index is outside of the row. */
function at({ shape, data }: Row, index: readonly number[], beyond: number): number {
  let position = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    if (index[axis] < 0 || index[axis] >= shape[axis]) return beyond;
    position = position * shape[axis] + index[axis];
  }
  return data[position];
}

/** Builds a row from a function of the index. */
function rowOf(shape: readonly number[], value: (index: readonly number[]) => number): Row {
  const data: number[] = [];
  const walk = (index: readonly number[]): void => {
    if (index.length === shape.length) return void data.push(value(index));
    for (let i = 0; i < shape[index.length]; i++) walk([...index, i]);
  };
  walk([]);
  return { shape, data };
}

export type Padding = "valid" | "same" | "causal" | number;

interface Sliding {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation?: number;
  readonly padding: Padding;
}

/** For one axis: the number of windows, and the start of the first. */
function along(length: number, { kernel, stride, dilation = 1, padding }: Sliding) {
  const reach = (kernel - 1) * dilation + 1;
  if (padding === "same") {
    const count = Math.ceil(length / stride);
    let missing = (count - 1) * stride + reach - length;
    if (missing < 0) missing = 0;
    return { count, first: -Math.floor(missing / 2) };
  }
  const before = padding === "causal" ? reach - 1 : padding === "valid" ? 0 : padding;
  const after = padding === "causal" ? 0 : before;
  let count = 0;
  while (count * stride + reach <= length + before + after) count++;
  return { count, first: -before };
}

export interface ConvolutionOf {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: readonly [Padding, Padding];
}

const axesOf = ({ shape }: Row, c: ConvolutionOf) =>
  [0, 1].map((axis) =>
    along(shape[axis], {
      kernel: c.kernel[axis],
      stride: c.stride[axis],
      dilation: c.dilation[axis],
      padding: c.padding[axis],
    }),
  );

/** weight [in, units]; applied along the last axis */
export const dense = (x: Row, weight: Row, bias: readonly number[]): Row =>
  rowOf([...x.shape.slice(0, -1), weight.shape[1]], (index) => {
    const place = index.slice(0, -1);
    let sum = bias[index[place.length]];
    for (let k = 0; k < weight.shape[0]; k++)
      sum += at(x, [...place, k], NaN) * at(weight, [k, index[place.length]], NaN);
    return sum;
  });

/** weight [kh, kw, in / groups, filters] */
export function convolution(x: Row, weight: Row, bias: readonly number[], c: ConvolutionOf, groups = 1): Row {
  const [rows, columns] = axesOf(x, c);
  const [kh, kw, channels, filters] = weight.shape;
  return rowOf([rows.count, columns.count, filters], ([i, j, f]) => {
    let sum = bias[f];
    for (let p = 0; p < kh; p++)
      for (let q = 0; q < kw; q++)
        for (let k = 0; k < channels; k++) {
          const row = rows.first + i * c.stride[0] + p * c.dilation[0];
          const column = columns.first + j * c.stride[1] + q * c.dilation[1];
          const first = Math.floor((f * groups) / filters) * channels;
          sum += at(x, [row, column, first + k], 0) * at(weight, [p, q, k, f], NaN);
        }
    return sum;
  });
}

/** weight [kh, kw, in, multiplier] */
export function depthwise(x: Row, weight: Row, bias: readonly number[], c: ConvolutionOf): Row {
  const [rows, columns] = axesOf(x, c);
  const [kh, kw, channels, multiplier] = weight.shape;
  return rowOf([rows.count, columns.count, channels * multiplier], ([i, j, f]) => {
    let sum = bias[f];
    for (let p = 0; p < kh; p++)
      for (let q = 0; q < kw; q++) {
        const row = rows.first + i * c.stride[0] + p * c.dilation[0];
        const column = columns.first + j * c.stride[1] + q * c.dilation[1];
        const k = Math.floor(f / multiplier);
        sum += at(x, [row, column, k], 0) * at(weight, [p, q, k, f % multiplier], NaN);
      }
    return sum;
  });
}

/**
 * weight [kh, kw, filters, in]. Adds each element of x, times the filter, to its window of the output, then
 * crops the edges.
 */
export function transposed(x: Row, weight: Row, bias: readonly number[], c: ConvolutionOf): Row {
  const [height, width, channels] = x.shape;
  const [kh, kw, filters] = weight.shape;
  const [sh, sw] = c.stride;
  const ends = ([size, k, s, padding]: readonly [number, number, number, Padding]) => {
    if (padding !== "same") return { before: padding === "valid" ? 0 : Number(padding), kept: 0 };
    return { before: Math.floor(Math.max(k - s, 0) / 2), kept: size * s };
  };
  const top = ends([height, kh, sh, c.padding[0]]);
  const left = ends([width, kw, sw, c.padding[1]]);
  const rows = top.kept || (height - 1) * sh + kh - 2 * top.before;
  const columns = left.kept || (width - 1) * sw + kw - 2 * left.before;
  const sums = new Map<string, number>();
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++)
      for (let p = 0; p < kh; p++)
        for (let q = 0; q < kw; q++)
          for (let f = 0; f < filters; f++)
            for (let k = 0; k < channels; k++) {
              const place = `${i * sh + p - top.before} ${j * sw + q - left.before} ${f}`;
              const product = at(x, [i, j, k], NaN) * at(weight, [p, q, f, k], NaN);
              sums.set(place, (sums.get(place) ?? 0) + product);
            }
  return rowOf([rows, columns, filters], ([i, j, f]) => bias[f] + (sums.get(`${i} ${j} ${f}`) ?? 0));
}

/** The summary of each window, channel by channel; elements beyond the edge are left out. */
function pooling(x: Row, c: ConvolutionOf, summary: (seen: readonly number[], area: number) => number): Row {
  const [rows, columns] = axesOf(x, c);
  return rowOf([rows.count, columns.count, x.shape[2]], ([i, j, k]) => {
    const seen: number[] = [];
    for (let p = 0; p < c.kernel[0]; p++)
      for (let q = 0; q < c.kernel[1]; q++) {
        const value = at(x, [rows.first + i * c.stride[0] + p, columns.first + j * c.stride[1] + q, k], NaN);
        if (!Number.isNaN(value)) seen.push(value);
      }
    return summary(seen, c.kernel[0] * c.kernel[1]);
  });
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0);

export const maxPooling = (x: Row, c: ConvolutionOf): Row => pooling(x, c, (seen) => Math.max(...seen));

export const meanPooling = (x: Row, c: ConvolutionOf, countPadding: boolean): Row =>
  pooling(x, c, (seen, area) => total(seen) / (countPadding ? area : seen.length));

/** Normalises each set of indices to mean 0 and variance 1. */
function normalised(
  x: Row,
  setOf: (index: readonly number[]) => number,
  epsilon: number,
  scale: readonly number[],
  shift: readonly number[],
): Row {
  const sets = new Map<number, number[]>();
  rowOf(x.shape, (index) => {
    const set = sets.get(setOf(index)) ?? [];
    sets.set(setOf(index), [...set, at(x, index, NaN)]);
    return 0;
  });
  return rowOf(x.shape, (index) => {
    const set = sets.get(setOf(index)) ?? [];
    const mean = total(set) / set.length;
    const variance = total(set.map((value) => (value - mean) ** 2)) / set.length;
    const channel = index[index.length - 1];
    return ((at(x, index, NaN) - mean) / Math.sqrt(variance + epsilon)) * scale[channel] + shift[channel];
  });
}

export function groupNorm(
  x: Row,
  groups: number,
  epsilon: number,
  scale: readonly number[],
  shift: readonly number[],
): Row {
  const width = x.shape[x.shape.length - 1] / groups;
  return normalised(x, (index) => Math.floor(index[index.length - 1] / width), epsilon, scale, shift);
}

export function layerNorm(x: Row, epsilon: number, scale: readonly number[], shift: readonly number[]): Row {
  const units = x.shape[x.shape.length - 1];
  const placeOf = (index: readonly number[]): number =>
    index.slice(0, -1).reduce((place, i, axis) => place * x.shape[axis] + i, 0) * units;
  return normalised(x, placeOf, epsilon, scale, shift);
}

export function rmsNorm(x: Row, epsilon: number, scale: readonly number[]): Row {
  const units = x.shape[x.shape.length - 1];
  return rowOf(x.shape, (index) => {
    let squares = 0;
    for (let k = 0; k < units; k++) squares += at(x, [...index.slice(0, -1), k], NaN) ** 2;
    return (at(x, index, NaN) / Math.sqrt(squares / units + epsilon)) * scale[index[index.length - 1]];
  });
}

interface AttentionWeights {
  readonly query: Row;
  readonly key: Row;
  readonly value: Row;
  readonly output: Row;
  readonly queryBias: readonly number[];
  readonly keyBias: readonly number[];
  readonly valueBias: readonly number[];
  readonly outputBias: readonly number[];
}

/** Computed separately for each head and each position. */
export function attention(x: Row, w: AttentionWeights, heads: number, causal: boolean): Row {
  const [length, units] = x.shape;
  const width = units / heads;
  const query = dense(x, w.query, w.queryBias);
  const key = dense(x, w.key, w.keyBias);
  const value = dense(x, w.value, w.valueBias);
  const mixed = rowOf([length, units], ([i, j]) => {
    const head = Math.floor(j / width);
    const scores: number[] = [];
    for (let there = 0; there < (causal ? i + 1 : length); there++) {
      let product = 0;
      for (let k = 0; k < width; k++)
        product += at(query, [i, head * width + k], NaN) * at(key, [there, head * width + k], NaN);
      scores.push(product / Math.sqrt(width));
    }
    const weights = scores.map(Math.exp);
    return total(weights.map((weight, there) => weight * at(value, [there, j], NaN))) / total(weights);
  });
  return dense(mixed, w.output, w.outputBias);
}

/** A sequence as an image of height 1, and the inverse. */
export const asImage = ({ shape, data }: Row): Row => ({ shape: [1, ...shape], data });
export const asSequence = ({ shape, data }: Row): Row => ({ shape: shape.slice(1), data });

export const countOf = ({ shape }: Row): number => size(shape);
