/**
 * Random layers whose shapes fit: for each type of layer, a function from the shape of a row to a layer and the shape that it
 * gives. A function gives nothing where the type does not take that shape, or the layer would cost too much.
 */
import {
  activationLayer,
  activationOf,
  compact,
  initialiserOf,
  roundedNumber,
  sizeUpTo,
} from "./random-parts.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import type { Random } from "./random.ts";

/** The lengths of a row's axes. */
export type RowShape = readonly number[];

export interface MadeLayer {
  readonly layer: JsonObject;
  readonly shape: RowShape;
}

type Maker = (random: Random, shape: RowShape) => MadeLayer | undefined;

/** The most multiplications that one row may take in a layer: interpreters are slow. */
const mostProducts = 6000;

/** The most numbers in a row. */
const mostNumbers = 300;

export const countOf = (shape: RowShape): number => shape.reduce((product, size) => product * size, 1);

const last = (shape: RowShape): number => shape[shape.length - 1];

const divisors = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => i + 1).filter((d) => count % d === 0);

const made = (layer: Readonly<Record<string, Json | undefined>>, shape: RowShape, products = 0) =>
  products > mostProducts || countOf(shape) > mostNumbers ? undefined : { layer: compact(layer), shape };

/** Now and then a key that is otherwise left to its default. */
const sometimes = <T>(random: Random, probability: number, value: T): T | undefined =>
  random.chance(probability) ? value : undefined;

const weightKeys = (random: Random) => ({
  activation: activationOf(random),
  bias: sometimes(random, 0.2, false),
  init: initialiserOf(random),
});

type Padding = "valid" | "same" | "causal" | number;

/** How long an axis is after the windows; undefined where they do not fit. */
function windowed(
  length: number,
  size: number,
  stride: number,
  padding: Padding,
  dilation = 1,
): number | undefined {
  if (padding === "same" || padding === "causal") return Math.ceil(length / stride);
  const reach = dilation * (size - 1) + 1;
  const whole = length + 2 * (padding === "valid" ? 0 : padding) - reach;
  return whole < 0 ? undefined : Math.floor(whole / stride) + 1;
}

/** One number, or one for each of two axes. */
const perAxis = (random: Random, draw: () => number): readonly [number, number] => {
  const first = draw();
  return random.chance(0.6) ? [first, first] : [first, draw()];
};

const pairJson = ([a, b]: readonly [number, number], random: Random): Json =>
  a === b && random.chance(0.8) ? a : [a, b];

const strideOf = (random: Random): number => random.pick([1, 1, 1, 2, 2, 3]);

const dense: Maker = (random, shape) => {
  if (shape.length === 0) return undefined;
  const units = sizeUpTo(random, 33);
  const biasInit = sometimes(random, 0.1, "ones");
  const to = [...shape.slice(0, -1), units];
  return made({ type: "dense", units, biasInit, ...weightKeys(random) }, to, countOf(shape) * units);
};

const conv1d: Maker = (random, shape) => {
  if (shape.length !== 2) return undefined;
  const [length, channels] = shape;
  const [kernel, stride] = [random.pick([1, 2, 3, 4, 5]), strideOf(random)];
  const dilation = random.pick([1, 1, 1, 2, 3]);
  const padding = random.pick<Padding>(["valid", "same", "causal", 1, 2]);
  const filters = sizeUpTo(random, 17);
  const to = windowed(length, kernel, stride, padding, dilation);
  if (to === undefined) return undefined;
  const keys = { filters, kernel, stride, padding, dilation, ...weightKeys(random) };
  return made({ type: "conv1d", ...keys }, [to, filters], to * kernel * channels * filters);
};

/** The keys of windows over an image, and its size after them. */
function windowsOver(random: Random, shape: RowShape, most = 3) {
  const kernel = perAxis(random, () => random.whole(1, most));
  const stride = perAxis(random, () => strideOf(random));
  const dilation = perAxis(random, () => random.pick([1, 1, 1, 1, 2]));
  const padding = random.pick<Padding | readonly [number, number]>([
    "valid",
    "valid",
    "same",
    "same",
    1,
    [0, 1],
  ]);
  const to = [0, 1].map((axis) =>
    windowed(
      shape[axis],
      kernel[axis],
      stride[axis],
      typeof padding === "object" ? padding[axis] : padding,
      dilation[axis],
    ),
  );
  return { kernel, stride, dilation, padding, to: to.flatMap((size) => size ?? []) };
}

const conv2d: Maker = (random, shape) => {
  if (shape.length !== 3) return undefined;
  const { kernel, stride, dilation, padding, to } = windowsOver(random, shape);
  const filters = sizeUpTo(random, 17);
  if (to.length < 2) return undefined;
  const keys = {
    filters,
    kernel: pairJson(kernel, random),
    stride: pairJson(stride, random),
    dilation: pairJson(dilation, random),
    padding,
    ...weightKeys(random),
  };
  return made(
    { type: "conv2d", ...keys },
    [...to, filters],
    countOf(to) * countOf(kernel) * shape[2] * filters,
  );
};

const depthwise: Maker = (random, shape) => {
  if (shape.length !== 3) return undefined;
  const { kernel, stride, dilation, padding, to } = windowsOver(random, shape);
  const multiplier = random.pick([1, 1, 2, 3]);
  if (to.length < 2) return undefined;
  const keys = {
    kernel: pairJson(kernel, random),
    stride: pairJson(stride, random),
    dilation: pairJson(dilation, random),
    padding,
    multiplier,
    ...weightKeys(random),
  };
  const channels = shape[2] * multiplier;
  return made(
    { type: "depthwise-conv2d", ...keys },
    [...to, channels],
    countOf(to) * countOf(kernel) * channels,
  );
};

const transposed: Maker = (random, shape) => {
  if (shape.length !== 3) return undefined;
  const kernel = perAxis(random, () => random.whole(1, 3));
  const stride = perAxis(random, () => random.pick([1, 2, 2, 3]));
  const padding = random.pick<"valid" | "same" | number>(["valid", "same", "same", 1]);
  const filters = sizeUpTo(random, 9);
  const to = [0, 1].map((axis) => {
    if (padding === "same") return shape[axis] * stride[axis];
    return (shape[axis] - 1) * stride[axis] + kernel[axis] - 2 * (padding === "valid" ? 0 : padding);
  });
  if (to.some((size) => size < 1)) return undefined;
  const keys = {
    filters,
    kernel: pairJson(kernel, random),
    stride: pairJson(stride, random),
    padding,
    ...weightKeys(random),
  };
  const products = countOf(shape) * countOf(kernel) * filters;
  return made({ type: "conv2d-transpose", ...keys }, [...to, filters], products);
};

const pool1d =
  (type: "max-pool1d" | "avg-pool1d"): Maker =>
  (random, shape) => {
    if (shape.length !== 2) return undefined;
    const size = random.whole(1, 4);
    const stride = sometimes(random, 0.5, random.whole(1, 3));
    const padding = random.pick<Padding>(["valid", "valid", "same", size >> 1]);
    const to = windowed(shape[0], size, stride ?? size, padding);
    if (to === undefined) return undefined;
    const countPadding = type === "avg-pool1d" ? sometimes(random, 0.4, false) : undefined;
    return made({ type, size, stride, padding, countPadding }, [to, shape[1]], to * size * shape[1]);
  };

const pool2d =
  (type: "max-pool2d" | "avg-pool2d"): Maker =>
  (random, shape) => {
    if (shape.length !== 3) return undefined;
    const size = perAxis(random, () => random.whole(1, 3));
    const stride = sometimes(
      random,
      0.5,
      perAxis(random, () => random.whole(1, 3)),
    );
    const half = Math.min(size[0] >> 1, size[1] >> 1);
    const padding = random.pick<Padding>(["valid", "valid", "same", half]);
    const to = [0, 1].flatMap(
      (axis) => windowed(shape[axis], size[axis], (stride ?? size)[axis], padding) ?? [],
    );
    if (to.length < 2) return undefined;
    const keys = {
      size: pairJson(size, random),
      stride: stride && pairJson(stride, random),
      padding,
      countPadding: type === "avg-pool2d" ? sometimes(random, 0.4, false) : undefined,
    };
    return made({ type, ...keys }, [...to, shape[2]], countOf(to) * countOf(size) * shape[2]);
  };

const globalPool =
  (rank: 1 | 2): Maker =>
  (_, shape) =>
    shape.length === rank + 1 ? made({ type: `global-avg-pool${rank}d` }, [last(shape)]) : undefined;

const normalisation =
  (type: "batch-norm" | "layer-norm" | "rms-norm"): Maker =>
  (random, shape) => {
    if (shape.length === 0) return undefined;
    const epsilon = sometimes(random, 0.4, random.pick([1e-5, 1e-3, 0.1]));
    const momentum = type === "batch-norm" ? sometimes(random, 0.4, random.pick([0.1, 0.5, 1])) : undefined;
    return made({ type, epsilon, momentum }, shape);
  };

const groupNorm: Maker = (random, shape) => {
  if (shape.length === 0) return undefined;
  const groups = random.pick(divisors(last(shape)));
  return made({ type: "group-norm", groups, epsilon: sometimes(random, 0.4, 0.001) }, shape);
};

const positionEmbedding: Maker = (random, shape) =>
  shape.length === 2 ? made({ type: "position-embedding", init: initialiserOf(random) }, shape) : undefined;

const attention: Maker = (random, shape) => {
  if (shape.length !== 2) return undefined;
  const [length, units] = shape;
  const heads = random.pick(divisors(units));
  const products = 4 * length * units * units + 2 * length * length * units;
  return made({ type: "attention", heads, causal: sometimes(random, 0.5, true) }, shape, products);
};

/** One of the layers along a sequence; without `reverse` for a block that runs it both ways. */
function recurrentLayer(
  random: Random,
  shape: RowShape,
  type: string,
  canReverse: boolean,
): MadeLayer | undefined {
  if (shape.length !== 2) return undefined;
  const [length, channels] = shape;
  const units = sizeUpTo(random, 9);
  const gates = { rnn: 1, gru: 3, lstm: 4 }[type] ?? 1;
  const returnSequences = sometimes(random, 0.5, true);
  const keys = {
    units,
    returnSequences,
    reverse: canReverse ? sometimes(random, 0.3, true) : undefined,
    activation: type === "rnn" ? activationOf(random) : undefined,
    biasInit: sometimes(random, 0.1, "ones"),
  };
  const to = returnSequences ? [length, units] : [units];
  return made({ type, ...keys }, to, length * gates * units * (channels + units));
}

const recurrent =
  (type: string): Maker =>
  (random, shape) =>
    recurrentLayer(random, shape, type, true);

const bidirectional: Maker = (random, shape) => {
  const one = recurrentLayer(random, shape, random.pick(["rnn", "lstm", "gru"]), false);
  return (
    one && made({ type: "bidirectional", layer: one.layer }, [...one.shape.slice(0, -1), 2 * last(one.shape)])
  );
};

const reshape: Maker = (random, shape) => {
  const count = countOf(shape);
  const first = random.pick(divisors(count));
  const second = random.pick(divisors(count / first));
  const to = random.pick([[count], [first, count / first], [first, second, count / first / second]]);
  return made({ type: "reshape", shape: to }, to);
};

/** Layers of one input that keep to themselves; joins and blocks are in random-network.ts. */
export const layerMakers = {
  dense,
  conv1d,
  conv2d,
  "depthwise-conv2d": depthwise,
  "conv2d-transpose": transposed,
  "max-pool1d": pool1d("max-pool1d"),
  "avg-pool1d": pool1d("avg-pool1d"),
  "max-pool2d": pool2d("max-pool2d"),
  "avg-pool2d": pool2d("avg-pool2d"),
  "global-avg-pool1d": globalPool(1),
  "global-avg-pool2d": globalPool(2),
  "batch-norm": normalisation("batch-norm"),
  "layer-norm": normalisation("layer-norm"),
  "rms-norm": normalisation("rms-norm"),
  "group-norm": groupNorm,
  "position-embedding": positionEmbedding,
  attention,
  rnn: recurrent("rnn"),
  lstm: recurrent("lstm"),
  gru: recurrent("gru"),
  bidirectional,
  reshape,
  flatten: (_, shape) => (shape.length < 2 ? undefined : made({ type: "flatten" }, [countOf(shape)])),
  activation: (random, shape) => (shape.length === 0 ? undefined : made(activationLayer(random), shape)),
  dropout: (random, shape) => made({ type: "dropout", rate: roundedNumber(random, 0, 0.8) }, shape),
} satisfies Record<string, Maker>;

export type LayerType = keyof typeof layerMakers;
