/** Patterns of products with weights: dense layers, convolutions and embeddings. */
import type { ModelNode } from "../../../compiler/library/onnx/model.ts";
import { mapTensor } from "../../../compiler/ops/tensor.ts";
import type { Tensor } from "../../../compiler/ops/tensor.ts";
import {
  channelsFirst,
  inOrderOf,
  isLast,
  rankOf,
  refuse,
  refuseForm,
  reshaped,
  sameAxes,
  transposed,
} from "../recognition.ts";
import type { Pattern, Place, Reading } from "../recognition.ts";

/** The layer and the place of y = x · W + b, where W is [in, units]. */
function addDense(
  r: Reading,
  x: Place,
  weight: Tensor,
  bias: Tensor | undefined,
  nodes: readonly ModelNode[],
): void {
  const units = weight.shape[1];
  if (!isLast(x, -1)) return refuse("multiplies an axis that is not the last one of the layer before it");
  const parameters = { weight: inOrderOf(x, weight), ...(bias && { bias }) };
  const draft = r.add("dense", { units, ...(bias ? {} : { bias: false }) }, [x.draft], parameters, nodes);
  r.define((nodes.at(-1) ?? r.node).outputs[0], { draft, axes: x.axes });
}

/** A bias for each unit: a tensor of one axis, apart from leading axes of length 1. */
function biasOf(tensor: Tensor | undefined, units: number): Tensor | undefined {
  if (tensor === undefined) return undefined;
  const isScalar = tensor.data.length === 1;
  if (isScalar) return { shape: [units], data: new Float64Array(units).fill(tensor.data[0]) };
  return tensor.data.length === units && tensor.shape.at(-1) === units
    ? reshaped(tensor, [units])
    : undefined;
}

const gemm: Pattern = {
  operators: ["Gemm"],
  layer: "dense",
  read(r) {
    const weight = r.weight(1);
    const [alpha, beta] = [r.integer("alpha", 1), r.integer("beta", 1)];
    if (r.integer("transA", 0) !== 0) return refuse("multiplies a transposed input");
    const matrix = r.integer("transB", 0) === 0 ? weight : transposed(weight, [1, 0]);
    const given = r.constant(2);
    const bias = biasOf(given, matrix.shape[1]);
    if (given !== undefined && bias === undefined) return refuse("adds a matrix, not a bias for each unit");
    const scaled = (tensor: Tensor, factor: number): Tensor => mapTensor((x) => x * factor, tensor);
    return addDense(r, r.place(0), scaled(matrix, alpha), bias && scaled(bias, beta), []);
  },
};

const matMul: Pattern = {
  operators: ["MatMul"],
  layer: "dense",
  read(r) {
    if (r.source.isData(r.node.inputs[1])) return refuse("multiplies two values that depend on the data");
    const weight = r.weight(1);
    if (weight.shape.length !== 2) return refuse("multiplies with a tensor that is not a matrix");
    const [product] = r.node.outputs;
    const add = r.next(product, "Add");
    const other = add && r.other(add, product);
    const isBias = other !== undefined && !r.source.isData(other);
    const bias = isBias ? biasOf(r.source.constant(other), weight.shape[1]) : undefined;
    return addDense(r, r.place(0), weight, bias, bias && add ? [add] : []);
  },
};

/** One number for all axes, if they agree. */
export const perAxis = (values: readonly number[]): number | readonly number[] =>
  values.every((value) => value === values[0]) ? values[0] : values;

/** Sizes of the windows of a convolution or pool. */
export interface WindowFacts {
  readonly place: Place;
  /** 1 for sequences, 2 for images. */
  readonly rank: number;
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Padding as the layers write it, or the edges of an uneven padding. */
  readonly padding: { readonly padding?: unknown };
  readonly uneven?: readonly (readonly [number, number])[];
}

/** @throws NotRecognised unless the channels are the last axis of the layer, and there are one or two other axes */
export function windowFacts(r: Reading): WindowFacts {
  const place = r.place(0);
  const rank = place.axes.length - 2;
  if (rank < 1 || rank > 2) return refuse(`has ${rank} spatial axes; there are layers for one and two`);
  if (!sameAxes(place.axes, channelsFirst(rank)))
    return refuse("reads channels that are not the last axis of the layer before it");
  const ones = Array.from({ length: rank }, () => 1);
  const stride = r.list("strides") ?? ones;
  const dilation = r.list("dilations") ?? ones;
  const shared = { place, rank, stride, dilation };
  const automatic = r.text("auto_pad", "NOTSET");
  if (automatic === "SAME_UPPER") return { ...shared, padding: { padding: "same" } };
  if (automatic === "SAME_LOWER") return refuse("adds an odd pixel of padding at the start");
  const pads = automatic === "VALID" ? [] : (r.list("pads") ?? []);
  const edges = stride.map((_, axis) => [pads[axis] ?? 0, pads[axis + rank] ?? 0] as const);
  if (edges.some(([before, after]) => before !== after)) return { ...shared, padding: {}, uneven: edges };
  const before = edges.map(([count]) => count);
  const isNone = before.every((count) => count === 0);
  return { ...shared, padding: isNone ? {} : { padding: perAxis(before) } };
}

/** Keys that differ from 1, their default. */
export const unlessOne = (keys: Readonly<Record<string, readonly number[]>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(keys).flatMap(([key, values]) =>
      values.every((value) => value === 1) ? [] : [[key, perAxis(values)]],
    ),
  );

/** [f, c, kh, kw] → [kh, kw, c, f] */
const filtersOf = (weight: Tensor): Tensor =>
  transposed(weight, [...weight.shape.slice(2).map((_, axis) => axis + 2), 1, 0]);

const convolution: Pattern = {
  operators: ["Conv"],
  layer: "conv1d, conv2d",
  read(r) {
    const { place, rank, stride, dilation, padding, uneven } = windowFacts(r);
    const weight = filtersOf(r.weight(1));
    const bias = r.constant(2);
    const groups = r.integer("group", 1);
    const padded = uneven === undefined ? place.draft : r.add("pad", { padding: uneven }, [place.draft]);
    const keys = {
      filters: weight.shape[rank + 1],
      kernel: perAxis(weight.shape.slice(0, rank)),
      ...unlessOne({ stride, dilation }),
      ...padding,
      ...(groups === 1 ? {} : { groups }),
      ...(bias ? {} : { bias: false }),
    };
    const draft = r.add(`conv${rank}d`, keys, [padded], { weight, ...(bias && { bias }) });
    r.define(r.node.outputs[0], { draft, axes: place.axes });
  },
};

const transposedConvolution: Pattern = {
  operators: ["ConvTranspose"],
  layer: "conv1d-transpose, conv2d-transpose",
  read(r) {
    const { place, rank, stride, dilation, padding, uneven } = windowFacts(r);
    if (uneven !== undefined) return refuse("removes different numbers of elements at start and end");
    if (r.list("output_shape") !== undefined || padding.padding === "same")
      return refuse("determines its padding from the size of the output");
    const weight = filtersOf(r.weight(1));
    const bias = r.constant(2);
    const groups = r.integer("group", 1);
    const outputPadding = r.list("output_padding") ?? [0];
    const keys = {
      filters: weight.shape[rank] * groups,
      kernel: perAxis(weight.shape.slice(0, rank)),
      ...unlessOne({ stride, dilation }),
      ...padding,
      ...(outputPadding.every((count) => count === 0) ? {} : { outputPadding: perAxis(outputPadding) }),
      ...(groups === 1 ? {} : { groups }),
      ...(bias ? {} : { bias: false }),
    };
    const draft = r.add(`conv${rank}d-transpose`, keys, [place.draft], { weight, ...(bias && { bias }) });
    r.define(r.node.outputs[0], { draft, axes: place.axes });
  },
};

const embedding: Pattern = {
  operators: ["Gather"],
  layer: "embedding",
  read(r) {
    if (r.source.isData(r.node.inputs[0])) return refuseForm("selects elements of a value");
    const weight = r.weight(0);
    const place = r.place(1);
    if (weight.shape.length !== 2 || r.integer("axis", 0) !== 0)
      return refuse("selects from a tensor that is not a table");
    if (place.axes.includes(null)) return refuse("reads indices with an axis that no layer has");
    const [vocabulary, units] = weight.shape;
    const draft = r.add("embedding", { vocabulary, units }, [place.draft], { weight });
    r.define(r.node.outputs[0], { draft, axes: [...place.axes, rankOf(place)] });
  },
};

export const products: readonly Pattern[] = [gemm, matMul, convolution, transposedConvolution, embedding];
