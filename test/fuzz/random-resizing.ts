/** Random layers that change the size of sequences and images without parameters. */
import { divisors, made, sometimes } from "./layer-parts.ts";
import type { Maker, RowShape } from "./layer-parts.ts";
import { roundedNumber } from "./random-parts.ts";
import type { Json } from "./random-parts.ts";
import type { Random } from "./random.ts";

const isSpatial = (shape: RowShape): boolean => shape.length === 2 || shape.length === 3;

/** One number for all axes, or one for each axis of an image. */
function perAxis(random: Random, rank: number, draw: () => number): readonly number[] {
  const same = draw();
  return Array.from({ length: rank }, () => (random.chance(0.7) ? same : draw()));
}

const asJson = (values: readonly number[]): Json =>
  values.every((value) => value === values[0]) ? values[0] : [...values];

export const upsample: Maker = (random, shape) => {
  if (!isSpatial(shape)) return undefined;
  const [channels, sizes] = [shape[shape.length - 1], shape.slice(0, -1)];
  const mode = random.pick(["nearest", "linear"]);
  const alignCorners = mode === "linear" ? sometimes(random, 0.3, random.chance(0.7)) : undefined;
  const keys = {
    type: "upsample",
    mode: mode === "nearest" ? sometimes(random, 0.5, mode) : mode,
    alignCorners,
  };
  if (random.chance(0.3)) {
    const size = perAxis(random, sizes.length, () => random.whole(1, 7));
    return made({ ...keys, size: asJson(size) }, [...size, channels]);
  }
  const factor = perAxis(random, sizes.length, () => random.pick([1, 2, 2, 3]));
  return made({ ...keys, factor: asJson(factor) }, [...sizes.map((n, axis) => n * factor[axis]), channels]);
};

export const pad: Maker = (random, shape) => {
  if (!isSpatial(shape)) return undefined;
  const [channels, sizes] = [shape[shape.length - 1], shape.slice(0, -1)];
  const value = sometimes(random, 0.5, roundedNumber(random, -1, 1));
  if (random.chance(0.4)) {
    const padding = random.whole(0, 2);
    return made({ type: "pad", padding, value }, [...sizes.map((n) => n + 2 * padding), channels]);
  }
  const edges = sizes.map(() => [random.whole(0, 2), random.whole(0, 2)]);
  const to = sizes.map((n, axis) => n + edges[axis][0] + edges[axis][1]);
  return made({ type: "pad", padding: edges, value }, [...to, channels]);
};

const orderOf = (random: Random): string | undefined => sometimes(random, 0.5, random.pick(["crd", "dcr"]));

export const depthToSpace: Maker = (random, shape) => {
  if (shape.length !== 3) return undefined;
  const [rows, columns, channels] = shape;
  const blocks = divisors(channels).filter((block) => channels % block ** 2 === 0);
  const block = random.pick(blocks);
  const to = [rows * block, columns * block, channels / block ** 2];
  return made({ type: "depth-to-space", block, order: orderOf(random) }, to);
};

export const spaceToDepth: Maker = (random, shape) => {
  if (shape.length !== 3) return undefined;
  const [rows, columns, channels] = shape;
  const block = random.pick(divisors(rows).filter((each) => columns % each === 0));
  const to = [rows / block, columns / block, channels * block ** 2];
  return made({ type: "space-to-depth", block, order: orderOf(random) }, to);
};
