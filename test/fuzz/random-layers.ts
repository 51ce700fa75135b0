/**
 * Random layers with valid shapes. For each layer type, a function maps the shape of a row to a layer and its
 * output shape. The function returns undefined if the type does not accept the shape, or if the layer would
 * take too many operations.
 */
import { countOf, divisors, last, made, sometimes, weightKeys } from "./layer-parts.ts";
import type { MadeLayer, Maker, RowShape } from "./layer-parts.ts";
import { activationLayer, activationOf, initialiserOf, roundedNumber, sizeUpTo } from "./random-parts.ts";
import type { Random } from "./random.ts";
import { depthToSpace, pad, spaceToDepth, upsample } from "./random-resizing.ts";
import { conv1d, conv2d, depthwise, globalPool, pool1d, pool2d, transposed } from "./random-windows.ts";

const dense: Maker = (random, shape) => {
  if (shape.length === 0) return undefined;
  const units = sizeUpTo(random, 33);
  const biasInit = sometimes(random, 0.1, "ones");
  const to = [...shape.slice(0, -1), units];
  return made({ type: "dense", units, biasInit, ...weightKeys(random) }, to, countOf(shape) * units);
};

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

const instanceNorm: Maker = (random, shape) => {
  if (shape.length < 2 || countOf(shape) < 2 * last(shape)) return undefined;
  const affine = sometimes(random, 0.6, random.chance(0.8));
  return made({ type: "instance-norm", affine, epsilon: sometimes(random, 0.4, 0.001) }, shape);
};

const positionEmbedding: Maker = (random, shape) =>
  shape.length === 2 ? made({ type: "position-embedding", init: initialiserOf(random) }, shape) : undefined;

const attention: Maker = (random, shape) => {
  if (shape.length !== 2) return undefined;
  const [length, units] = shape;
  const heads = random.pick(divisors(units));
  const products = 4 * length * units * units + 2 * length * length * units;
  const dropout = sometimes(random, 0.15, roundedNumber(random, 0, 0.8));
  return made({ type: "attention", heads, causal: sometimes(random, 0.5, true), dropout }, shape, products);
};

/** A recurrent layer over a sequence. A layer in a bidirectional block does not have the key `reverse`. */
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

/** Layers with one input. Joins and blocks are in random-network.ts. */
export const layerMakers = {
  dense,
  conv1d,
  conv2d,
  "depthwise-conv2d": depthwise,
  "conv1d-transpose": transposed(1),
  "conv2d-transpose": transposed(2),
  "max-pool1d": pool1d("max-pool1d"),
  "avg-pool1d": pool1d("avg-pool1d"),
  "max-pool2d": pool2d("max-pool2d"),
  "avg-pool2d": pool2d("avg-pool2d"),
  "global-avg-pool1d": globalPool("avg", 1),
  "global-avg-pool2d": globalPool("avg", 2),
  "global-max-pool1d": globalPool("max", 1),
  "global-max-pool2d": globalPool("max", 2),
  "batch-norm": normalisation("batch-norm"),
  "layer-norm": normalisation("layer-norm"),
  "rms-norm": normalisation("rms-norm"),
  "group-norm": groupNorm,
  "instance-norm": instanceNorm,
  "position-embedding": positionEmbedding,
  attention,
  rnn: recurrent("rnn"),
  lstm: recurrent("lstm"),
  gru: recurrent("gru"),
  bidirectional,
  upsample,
  pad,
  "depth-to-space": depthToSpace,
  "space-to-depth": spaceToDepth,
  reshape,
  flatten: (_, shape) => (shape.length < 2 ? undefined : made({ type: "flatten" }, [countOf(shape)])),
  prelu: (random, shape) =>
    made(
      { type: "prelu", perChannel: sometimes(random, 0.6, true), slope: sometimes(random, 0.3, -0.5) },
      shape,
    ),
  activation: (random, shape) => (shape.length === 0 ? undefined : made(activationLayer(random), shape)),
  dropout: (random, shape) => made({ type: "dropout", rate: roundedNumber(random, 0, 0.8) }, shape),
} satisfies Record<string, Maker>;

export type LayerType = keyof typeof layerMakers;
