/** Random layers of any type that accepts a shape, and blocks of layers that preserve it. */
import type { MadeLayer, RowShape } from "./layer-parts.ts";
import { layerMakers } from "./random-layers.ts";
import type { LayerType } from "./random-layers.ts";
import { sizeUpTo } from "./random-parts.ts";
import type { JsonObject } from "./random-parts.ts";
import type { Random } from "./random.ts";

/**
 * The relative frequency with which each layer type is tried. A type is used only if it accepts the shape.
 */
export const layerWeights: Readonly<Record<LayerType, number>> = {
  dense: 5,
  conv1d: 6,
  conv2d: 10,
  "depthwise-conv2d": 8,
  "conv1d-transpose": 5,
  "conv2d-transpose": 8,
  "max-pool1d": 4,
  "avg-pool1d": 4,
  "max-pool2d": 5,
  "avg-pool2d": 4,
  "global-avg-pool1d": 2,
  "global-avg-pool2d": 3,
  "global-max-pool1d": 2,
  "global-max-pool2d": 2,
  "batch-norm": 1.5,
  "layer-norm": 1.5,
  "rms-norm": 1.5,
  "group-norm": 1.5,
  "instance-norm": 1.5,
  "position-embedding": 3,
  attention: 6,
  rnn: 4,
  lstm: 4,
  gru: 4,
  bidirectional: 3,
  upsample: 3,
  pad: 2,
  "depth-to-space": 2,
  "space-to-depth": 2,
  reshape: 1.5,
  flatten: 2,
  activation: 2,
  prelu: 1.5,
  dropout: 1,
};

export const isLayerType = (type: string | undefined): type is LayerType =>
  type !== undefined && type in layerWeights;

/**
 * Layer types that can preserve the shape with suitable keys. The bodies of blocks consist of these types.
 */
const keeping: Readonly<Partial<Record<LayerType, number>>> = {
  dense: 4,
  "batch-norm": 1,
  "layer-norm": 2,
  "rms-norm": 1,
  "group-norm": 1,
  "instance-norm": 1,
  activation: 2,
  prelu: 1,
  dropout: 1,
  attention: 3,
  conv1d: 2,
  conv2d: 3,
  "depthwise-conv2d": 2,
  "conv1d-transpose": 1,
  "conv2d-transpose": 1,
  rnn: 1,
  gru: 1,
};

export const sameShape = (a: RowShape, b: RowShape): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/**
 * A layer that accepts the shape. Its type is drawn from the types that accept the shape, according to their
 * weights.
 */
export function anyLayer(
  random: Random,
  shape: RowShape,
  table: Readonly<Partial<Record<LayerType, number>>>,
): MadeLayer {
  for (let attempt = 0; attempt < 40; attempt++) {
    const made = layerMakers[random.weighted(table)](random, shape);
    if (made !== undefined) return made;
  }
  return { layer: { type: "dense", units: 1 }, shape: [...shape.slice(0, -1), 1] };
}

/** A layer whose output shape is its input shape. */
function keepingLayer(random: Random, shape: RowShape): JsonObject {
  for (let attempt = 0; attempt < 20; attempt++) {
    const made = anyLayer(random, shape, keeping);
    if (sameShape(made.shape, shape)) return made.layer;
    const { type, ...keys } = made.layer;
    if (type === "dense") return { type, ...keys, units: shape[shape.length - 1] };
  }
  return { type: "layer-norm" };
}

const keepingLayers = (random: Random, shape: RowShape): readonly JsonObject[] =>
  Array.from({ length: random.whole(1, 2) }, () => keepingLayer(random, shape));

/**
 * A block of layers. Its output has the shape of its input, except that a shortcut may change the last axis.
 */
export function block(random: Random, shape: RowShape): MadeLayer {
  if (random.chance(0.4)) {
    const inner = random.chance(0.3)
      ? [{ type: "residual", layers: keepingLayers(random, shape) }]
      : keepingLayers(random, shape);
    return { layer: { type: "repeat", times: random.whole(1, 3), layers: inner }, shape };
  }
  if (random.chance(0.6)) return { layer: { type: "residual", layers: keepingLayers(random, shape) }, shape };
  const units = sizeUpTo(random, 9);
  const to = [...shape.slice(0, -1), units];
  return {
    layer: {
      type: "residual",
      layers: [...keepingLayers(random, shape), { type: "dense", units }],
      shortcut: [{ type: "dense", units, bias: false }],
    },
    shape: to,
  };
}
