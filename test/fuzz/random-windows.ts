/** Random layers that apply windows to sequences and images: convolutions of all kinds, and pooling. */
import { countOf, divisors, last, made, sometimes, weightKeys } from "./layer-parts.ts";
import type { Maker, Padding, RowShape } from "./layer-parts.ts";
import { sizeUpTo } from "./random-parts.ts";
import type { Json } from "./random-parts.ts";
import type { Random } from "./random.ts";

/** The length of an axis after the windows; undefined if they do not fit. */
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

/** Either one number for both axes, or one number for each of the two axes. */
const perAxis = (random: Random, draw: () => number): readonly [number, number] => {
  const first = draw();
  return random.chance(0.6) ? [first, first] : [first, draw()];
};

const pairJson = ([a, b]: readonly [number, number], random: Random): Json =>
  a === b && random.chance(0.8) ? a : [a, b];

const strideOf = (random: Random): number => random.pick([1, 1, 1, 2, 2, 3]);

/** Groups, of which usually there is one, and a number of filters that they divide. */
function groupsAndFilters(random: Random, channels: number, most: number) {
  const groups = random.chance(0.3) ? random.pick(divisors(channels)) : 1;
  const filters = groups * sizeUpTo(random, Math.max(Math.floor(most / groups), 1));
  return { groups, filters, keys: { filters, groups: groups === 1 ? sometimes(random, 0.1, 1) : groups } };
}

export const conv1d: Maker = (random, shape) => {
  if (shape.length !== 2) return undefined;
  const [length, channels] = shape;
  const [kernel, stride] = [random.pick([1, 2, 3, 4, 5]), strideOf(random)];
  const dilation = random.pick([1, 1, 1, 2, 3]);
  const padding = random.pick<Padding>(["valid", "same", "causal", 1, 2]);
  const { groups, filters, keys: grouped } = groupsAndFilters(random, channels, 17);
  const to = windowed(length, kernel, stride, padding, dilation);
  if (to === undefined) return undefined;
  const keys = { ...grouped, kernel, stride, padding, dilation, ...weightKeys(random) };
  return made({ type: "conv1d", ...keys }, [to, filters], (to * kernel * channels * filters) / groups);
};

/** The keys of windows over an image, and the size of the image after them. */
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

export const conv2d: Maker = (random, shape) => {
  if (shape.length !== 3) return undefined;
  const { kernel, stride, dilation, padding, to } = windowsOver(random, shape);
  const { groups, filters, keys: grouped } = groupsAndFilters(random, shape[2], 17);
  if (to.length < 2) return undefined;
  const keys = {
    ...grouped,
    kernel: pairJson(kernel, random),
    stride: pairJson(stride, random),
    dilation: pairJson(dilation, random),
    padding,
    ...weightKeys(random),
  };
  return made(
    { type: "conv2d", ...keys },
    [...to, filters],
    (countOf(to) * countOf(kernel) * shape[2] * filters) / groups,
  );
};

export const depthwise: Maker = (random, shape) => {
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

/** The length of an axis after a transposed convolution. */
function lengthened(length: number, axis: TransposedAxis, padding: "valid" | "same" | number): number {
  if (padding === "same") return length * axis.stride;
  const reach = (axis.kernel - 1) * axis.dilation + 1;
  return (length - 1) * axis.stride + reach - 2 * (padding === "valid" ? 0 : padding) + axis.more;
}

interface TransposedAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly more: number;
}

export const transposed =
  (rank: 1 | 2): Maker =>
  (random, shape) => {
    if (shape.length !== rank + 1) return undefined;
    const draw = (value: () => number): readonly number[] =>
      rank === 1 ? [value()] : perAxis(random, value);
    const json = (values: readonly number[]): Json =>
      rank === 1 ? values[0] : pairJson([values[0], values[1]], random);
    const kernel = draw(() => random.whole(1, 3));
    const stride = draw(() => random.pick([1, 2, 2, 3]));
    const dilation = draw(() => random.pick([1, 1, 1, 2, 3]));
    const padding = random.pick<"valid" | "same" | number>(["valid", "same", "same", 1]);
    const more =
      padding !== "same" && random.chance(0.3)
        ? stride.map((s, axis) => random.whole(0, Math.max(s, dilation[axis]) - 1))
        : undefined;
    const to = kernel.map((k, axis) =>
      lengthened(
        shape[axis],
        { kernel: k, stride: stride[axis], dilation: dilation[axis], more: more?.[axis] ?? 0 },
        padding,
      ),
    );
    if (to.some((size) => size < 1)) return undefined;
    const { groups, filters, keys: grouped } = groupsAndFilters(random, shape[rank], 9);
    const keys = {
      ...grouped,
      kernel: json(kernel),
      stride: json(stride),
      dilation: dilation.some((d) => d > 1) ? json(dilation) : undefined,
      outputPadding: more && json(more),
      padding,
      ...weightKeys(random),
    };
    const products = (countOf(shape) * countOf(kernel) * filters) / groups;
    return made({ type: `conv${rank}d-transpose`, ...keys }, [...to, filters], products);
  };

export const pool1d =
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

export const pool2d =
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

export const globalPool =
  (kind: "avg" | "max", rank: 1 | 2): Maker =>
  (_, shape) =>
    shape.length === rank + 1 ? made({ type: `global-${kind}-pool${rank}d` }, [last(shape)]) : undefined;
