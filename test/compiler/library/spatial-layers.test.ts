// Layers over images and sequences compared with naive loops: strides, paddings, dilations, non-square
// images, kernels of one element and of the image's size, and batches of one row. If a test fails, results
// differ from the formula.
import { describe, expect, it } from "vitest";
import { checkLayer } from "./check-layer.ts";
import type { LayerCase, Parameters } from "./check-layer.ts";
import * as naive from "./naive-layers.ts";
import type { ConvolutionOf, Padding, Row } from "./naive-layers.ts";

type Pair = readonly [number, number];

const pair = (value: number | Pair): Pair => (typeof value === "number" ? [value, value] : value);

interface Sizes {
  readonly kernel: number | Pair;
  readonly stride?: number | Pair;
  readonly dilation?: number | Pair;
  readonly padding?: Padding | Pair;
}

const sizesOf = ({ kernel, stride = 1, dilation = 1, padding = "valid" }: Sizes): ConvolutionOf => ({
  kernel: pair(kernel),
  stride: pair(stride),
  dilation: pair(dilation),
  padding: typeof padding === "object" ? padding : [padding, padding],
});

const titleOf = (input: readonly number[], keys: object): string =>
  `[${input.join(", ")}] ${JSON.stringify(keys)}`;

/** A case of a layer over images [height, width, channels]. */
function conv(
  input: readonly number[],
  { groups = 1, ...sizes }: Sizes & { readonly groups?: number },
  rows?: number,
  filters = 3,
): LayerCase {
  const [kh, kw] = pair(sizes.kernel);
  return {
    title: titleOf(input, { ...sizes, groups }),
    input,
    rows,
    layer: { type: "conv2d", filters, ...sizes, groups },
    parameters: { weight: [kh, kw, input[2] / groups, filters], bias: [filters] },
    reference: (x, { weight, bias }) => naive.convolution(x, weight, bias.data, sizesOf(sizes), groups),
  };
}

describe("conv2d", () => {
  it.each([
    conv([5, 7, 2], { kernel: 3 }),
    conv([5, 7, 2], { kernel: [2, 3], stride: [2, 1], padding: "same" }),
    conv([6, 5, 1], { kernel: 3, stride: 3, padding: 2 }),
    conv([6, 5, 2], { kernel: 2, stride: 2, padding: [0, 1] }),
    conv([7, 9, 2], { kernel: [3, 2], dilation: [2, 3] }),
    conv([7, 6, 1], { kernel: 3, dilation: 2, stride: 2, padding: "same" }),
    conv([4, 3, 2], { kernel: [4, 3] }, 1),
    conv([4, 3, 5], { kernel: 1 }, 1),
    conv([1, 1, 3], { kernel: 3, padding: 1 }, 1),
    conv([3, 8, 1], { kernel: 1, stride: 3 }, 2, 1),
    conv([5, 4, 6], { kernel: 3, padding: "same", groups: 3 }, 2, 6),
    conv([4, 5, 4], { kernel: 2, stride: [1, 2], dilation: [2, 1], groups: 4 }, 2, 12),
    conv([3, 3, 8], { kernel: 3, padding: 1, groups: 2 }, 1, 10),
  ])("$title", checkLayer);
});

describe("what comes after the filters' sums", () => {
  const plain = conv([4, 5, 2], { kernel: 2 });
  it.each([
    {
      ...plain,
      title: "no bias",
      layer: { ...plain.layer, bias: false },
      parameters: { weight: [2, 2, 2, 3] },
      reference: (x: Row, { weight }: Parameters) =>
        naive.convolution(x, weight, [0, 0, 0], sizesOf({ kernel: 2 })),
    },
    {
      ...plain,
      title: "an activation",
      layer: { ...plain.layer, activation: "tanh" },
      reference: (x: Row, parameters: Parameters) => {
        const { shape, data } = plain.reference(x, parameters);
        return { shape, data: data.map(Math.tanh) };
      },
    },
  ])("$title", checkLayer);
});

/** A case of a layer over sequences [length, channels]. */
function conv1d(
  input: readonly number[],
  {
    kernel,
    stride = 1,
    dilation = 1,
    padding = "valid",
  }: { kernel: number; stride?: number; dilation?: number; padding?: Padding },
  rows?: number,
): LayerCase {
  const keys = { kernel, stride, dilation, padding };
  const filters = 3;
  const flat: ConvolutionOf = {
    kernel: [1, kernel],
    stride: [1, stride],
    dilation: [1, dilation],
    padding: ["valid", padding],
  };
  return {
    title: titleOf(input, keys),
    input,
    rows,
    layer: { type: "conv1d", filters, ...keys },
    parameters: { weight: [kernel, input[1], filters], bias: [filters] },
    reference: (x, { weight, bias }) =>
      naive.asSequence(naive.convolution(naive.asImage(x), naive.asImage(weight), bias.data, flat)),
  };
}

describe("conv1d", () => {
  it.each([
    conv1d([9, 2], { kernel: 3 }),
    conv1d([9, 2], { kernel: 4, stride: 2, padding: "same" }),
    conv1d([8, 3], { kernel: 3, stride: 3, padding: 2 }),
    conv1d([9, 2], { kernel: 3, dilation: 2, padding: "causal" }),
    conv1d([7, 2], { kernel: 2, stride: 2, dilation: 3, padding: "causal" }, 1),
    conv1d([5, 4], { kernel: 5 }, 1),
    conv1d([6, 1], { kernel: 1, stride: 4 }),
  ])("$title", checkLayer);

  it("causal padding is as defined: no output depends on later elements", () => {
    const c = conv1d([6, 1], { kernel: 3, dilation: 2, padding: "causal" });
    const weight = { shape: [3, 1, 3], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] };
    const values = (last: number): Row =>
      c.reference(
        { shape: [6, 1], data: [1, 2, 3, 4, 5, last] },
        { weight, bias: { shape: [3], data: [0, 0, 0] } },
      );
    expect(values(6).data.slice(0, 15)).toEqual(values(-6).data.slice(0, 15));
    expect(values(6).data.slice(15)).not.toEqual(values(-6).data.slice(15));
  });
});

function depthwise(input: readonly number[], sizes: Sizes, multiplier: number, rows?: number): LayerCase {
  const [kh, kw] = pair(sizes.kernel);
  return {
    title: titleOf(input, { ...sizes, multiplier }),
    input,
    rows,
    layer: { type: "depthwise-conv2d", ...sizes, multiplier },
    parameters: { weight: [kh, kw, input[2], multiplier], bias: [input[2] * multiplier] },
    reference: (x, { weight, bias }) => naive.depthwise(x, weight, bias.data, sizesOf(sizes)),
  };
}

describe("depthwise-conv2d", () => {
  it.each([
    depthwise([5, 6, 3], { kernel: 3 }, 1),
    depthwise([5, 6, 3], { kernel: [2, 3], stride: [1, 2], padding: "same" }, 2),
    depthwise([6, 4, 2], { kernel: 3, stride: 2, padding: 1 }, 3),
    depthwise([7, 5, 2], { kernel: 2, dilation: [3, 2], padding: [1, 0] }, 1),
    depthwise([4, 3, 2], { kernel: [4, 3] }, 2, 1),
    depthwise([3, 4, 1], { kernel: 1 }, 1, 1),
  ])("$title", checkLayer);
});

function transposed(input: readonly number[], sizes: Sizes, rows?: number): LayerCase {
  const [kh, kw] = pair(sizes.kernel);
  const filters = 2;
  return {
    title: titleOf(input, sizes),
    input,
    rows,
    layer: { type: "conv2d-transpose", filters, ...sizes },
    parameters: { weight: [kh, kw, filters, input[2]], bias: [filters] },
    reference: (x, { weight, bias }) => naive.transposed(x, weight, bias.data, sizesOf(sizes)),
  };
}

describe("conv2d-transpose", () => {
  it.each([
    transposed([3, 4, 2], { kernel: 3 }),
    transposed([3, 4, 2], { kernel: 3, stride: 2, padding: "same" }),
    transposed([3, 2, 3], { kernel: [4, 2], stride: [2, 3], padding: "same" }),
    transposed([4, 3, 2], { kernel: 4, stride: 2, padding: 1 }),
    transposed([3, 3, 1], { kernel: 3, stride: [1, 2], padding: [2, 0] }),
    transposed([2, 3, 2], { kernel: 2, stride: 3 }),
    transposed([2, 3, 2], { kernel: [5, 1], padding: "same" }, 1),
    transposed([1, 1, 4], { kernel: [4, 3], stride: 2 }, 1),
    transposed([3, 2, 2], { kernel: 1 }, 1),
  ])("$title", checkLayer);
});

type PoolSizes = Omit<Sizes, "dilation">;

const pool = (
  type: "max-pool2d" | "avg-pool2d",
  input: readonly number[],
  { kernel, stride = kernel, padding = "valid" }: PoolSizes,
  rows?: number,
  countPadding?: boolean,
): LayerCase => ({
  title: titleOf(input, { size: kernel, stride, padding, countPadding }),
  input,
  rows,
  layer: { type, size: kernel, stride, padding, ...(countPadding === undefined ? {} : { countPadding }) },
  parameters: {},
  reference: (x) => {
    const sizes = sizesOf({ kernel, stride, padding });
    return type === "max-pool2d"
      ? naive.maxPooling(x, sizes)
      : naive.meanPooling(x, sizes, countPadding ?? true);
  },
});

describe("max-pool2d", () => {
  it.each([
    pool("max-pool2d", [5, 6, 2], { kernel: 2 }),
    pool("max-pool2d", [5, 7, 2], { kernel: 3, stride: 2, padding: 1 }),
    pool("max-pool2d", [5, 6, 2], { kernel: [3, 2], stride: [2, 1], padding: "same" }),
    pool("max-pool2d", [4, 3, 3], { kernel: [4, 3] }, 1),
    pool("max-pool2d", [5, 4, 1], { kernel: [2, 4], stride: 1, padding: [1, 2] }, 1),
  ])("$title", checkLayer);
});

describe("avg-pool2d", () => {
  it.each([
    pool("avg-pool2d", [5, 6, 2], { kernel: 2 }),
    pool("avg-pool2d", [5, 7, 2], { kernel: 3, stride: 2, padding: 1 }),
    pool("avg-pool2d", [5, 7, 2], { kernel: 3, stride: 2, padding: 1 }, 2, false),
    pool("avg-pool2d", [5, 6, 2], { kernel: [3, 2], stride: [2, 1], padding: "same" }, 1, false),
    pool("avg-pool2d", [5, 6, 2], { kernel: [3, 2], stride: [2, 1], padding: "same" }),
  ])("$title", checkLayer);
});

const pool1d = (
  type: "max-pool1d" | "avg-pool1d",
  input: readonly number[],
  size: number,
  stride: number,
  padding: Padding,
  countPadding = true,
): LayerCase => ({
  title: titleOf(input, { size, stride, padding, countPadding }),
  input,
  layer: { type, size, stride, padding, ...(type === "avg-pool1d" ? { countPadding } : {}) },
  parameters: {},
  reference: (x) => {
    const flat: ConvolutionOf = {
      kernel: [1, size],
      stride: [1, stride],
      dilation: [1, 1],
      padding: ["valid", padding],
    };
    const image = naive.asImage(x);
    return naive.asSequence(
      type === "max-pool1d" ? naive.maxPooling(image, flat) : naive.meanPooling(image, flat, countPadding),
    );
  },
});

describe("pooling of sequences", () => {
  it.each([
    pool1d("max-pool1d", [7, 2], 2, 2, "valid"),
    pool1d("max-pool1d", [7, 3], 3, 2, "same"),
    pool1d("avg-pool1d", [8, 2], 3, 2, 1),
    pool1d("avg-pool1d", [8, 2], 3, 2, 1, false),
  ])("$layer.type $title", checkLayer);

  const ofAll = (x: Row): Row => {
    const channels = x.shape[x.shape.length - 1];
    const places = x.data.length / channels;
    const means = new Array<number>(channels).fill(0);
    x.data.forEach((value, i) => (means[i % channels] += value / places));
    return { shape: [channels], data: means };
  };
  it.each([
    {
      title: "a sequence",
      input: [5, 3],
      layer: { type: "global-avg-pool1d" },
      parameters: {},
      reference: ofAll,
    },
    {
      title: "an image",
      input: [3, 4, 2],
      layer: { type: "global-avg-pool2d" },
      parameters: {},
      reference: ofAll,
    },
  ])("the mean of each channel of $title", checkLayer);
});
