/**
 * A random network whose shapes fit: inputs, then layers one after the other, with joins of earlier values and blocks of layers. What
 * each value's shape is, is tracked while layers are added, so that nearly every network is valid.
 */
import { compact, sizeUpTo } from "./random-parts.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import { countOf } from "./layer-parts.ts";
import type { MadeLayer, RowShape } from "./layer-parts.ts";
import { layerMakers } from "./random-layers.ts";
import type { LayerType } from "./random-layers.ts";
import type { Random } from "./random.ts";

export interface RandomNetwork {
  readonly inputs: Readonly<Record<string, JsonObject>>;
  readonly network: readonly JsonObject[];
  /** The shape of a row of the output. */
  readonly shape: RowShape;
}

interface Value {
  readonly name: string;
  readonly shape: RowShape;
}

/** How often each type is tried, where the shape is right for it. */
const weights: Readonly<Record<LayerType, number>> = {
  dense: 5,
  conv1d: 6,
  conv2d: 10,
  "depthwise-conv2d": 8,
  "conv2d-transpose": 8,
  "max-pool1d": 4,
  "avg-pool1d": 4,
  "max-pool2d": 5,
  "avg-pool2d": 4,
  "global-avg-pool1d": 2,
  "global-avg-pool2d": 3,
  "batch-norm": 1.5,
  "layer-norm": 1.5,
  "rms-norm": 1.5,
  "group-norm": 1.5,
  "position-embedding": 3,
  attention: 6,
  rnn: 4,
  lstm: 4,
  gru: 4,
  bidirectional: 3,
  reshape: 1.5,
  flatten: 2,
  activation: 2,
  dropout: 1,
};

/** Types that do not change the shape if their keys are right: the bodies of blocks. */
const keeping: Readonly<Partial<Record<LayerType, number>>> = {
  dense: 4,
  "batch-norm": 1,
  "layer-norm": 2,
  "rms-norm": 1,
  "group-norm": 1,
  activation: 2,
  dropout: 1,
  attention: 3,
  conv1d: 2,
  conv2d: 3,
  "depthwise-conv2d": 2,
  "conv2d-transpose": 1,
  rnn: 1,
  gru: 1,
};

const sameShape = (a: RowShape, b: RowShape): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** A layer that takes the shape; of the types that fit, by weight. */
function anyLayer(
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

/** A layer that gives the shape that it takes. */
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

/** A block of layers, whose shape is that of its input but for a shortcut's last axis. */
function block(random: Random, shape: RowShape): MadeLayer {
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

/** The network as it grows. */
class Growing {
  readonly inputs: Record<string, JsonObject> = {};
  readonly network: JsonObject[] = [];
  private readonly values: Value[] = [];
  private readonly ordinals = new Map<string, number>();
  current: Value = { name: "", shape: [] };
  private isFirst = true;

  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  addInput(name: string, shape: RowShape, dtype?: "i32"): Value {
    this.inputs[name] = compact({ shape, dtype });
    const value = { name, shape };
    if (dtype === undefined) this.values.push(value);
    return value;
  }

  /** Appends a layer that reads `from`, or the one before it. */
  add({ layer, shape }: MadeLayer, from?: string | readonly string[]): void {
    const type = String(layer.type);
    const ordinal = (this.ordinals.get(type) ?? 0) + 1;
    this.ordinals.set(type, ordinal);
    const isNamed = this.random.chance(0.3);
    const name = isNamed ? `layer${this.network.length + 1}` : `${type}${ordinal}`;
    const needsFrom =
      from !== undefined && (typeof from !== "string" || from !== this.current.name || this.isFirst);
    const isJoin = typeof from === "object";
    const isFrozen = this.random.chance(0.06) && !isJoin;
    this.network.push(
      compact({
        ...layer,
        name: isNamed ? name : undefined,
        from: needsFrom ? (from as Json) : undefined,
        trainable: isFrozen ? false : undefined,
      }),
    );
    this.isFirst = false;
    this.current = { name, shape };
    this.values.push(this.current);
  }

  /** A join of the current value with an earlier one that fits, or with a branch that is made to fit. */
  addJoin(): void {
    const { random, current } = this;
    const { name, shape } = current;
    if (shape.length === 0) return;
    const type = random.pick(["add", "multiply", "concat", "concat"]);
    const fitting = this.values.filter((value) => sameShape(value.shape, shape));
    let other = random.pick(fitting.length > 0 ? fitting : [current]);
    if (random.chance(0.5)) {
      // A branch: another layer over the same value, or over one whose leading axes are the same.
      const sources = this.values.filter(
        (value) =>
          value.shape.length === shape.length && sameShape(value.shape.slice(0, -1), shape.slice(0, -1)),
      );
      const source = random.pick(sources.length > 0 ? sources : [current]);
      const units =
        type === "concat" ? sizeUpTo(random, 5) : random.chance(0.2) ? 1 : shape[shape.length - 1];
      this.add({ layer: { type: "dense", units }, shape: [...shape.slice(0, -1), units] }, source.name);
      other = this.current;
    }
    const names = random.chance(0.5) ? [name, other.name] : [other.name, name];
    if (type !== "concat") return this.add({ layer: { type }, shape: type === "add" ? shape : shape }, names);
    const axis = sameShape(other.shape, shape) ? random.whole(0, shape.length - 1) : shape.length - 1;
    const to = shape.map((size, i) => (i === axis ? size + other.shape[i] : size));
    if (countOf(to) > 300) return;
    const given = random.chance(0.5) ? axis : axis - shape.length;
    this.add(
      { layer: compact({ type, axis: given === -1 && random.chance(0.5) ? undefined : given }), shape: to },
      names,
    );
  }

  addLayer(): void {
    this.add(
      anyLayer(this.random, this.current.shape, weights),
      this.isFirst ? this.current.name : undefined,
    );
  }

  addBlock(): void {
    if (this.current.shape.length > 0)
      this.add(block(this.random, this.current.shape), this.isFirst ? this.current.name : undefined);
  }
}

type Start = "vector" | "sequence" | "image" | "tokens";

function startWith(random: Random, growing: Growing, start: Start): void {
  switch (start) {
    case "vector":
      growing.current = growing.addInput("x", [sizeUpTo(random, 33)]);
      return;
    case "sequence":
      growing.current = growing.addInput("x", [sizeUpTo(random, 9), sizeUpTo(random, 9)]);
      return;
    case "image": {
      const [height, width] = [random.whole(1, 7), random.whole(1, 7)];
      growing.current = growing.addInput("x", [height, width, random.pick([1, 1, 2, 3, 4, 5])]);
      return;
    }
    case "tokens": {
      const shape = random.pick([[], [random.whole(1, 9)], [random.whole(1, 9)], [2, 3]]);
      const { name } = growing.addInput("u", shape, "i32");
      const units = sizeUpTo(random, 9);
      const vocabulary = sizeUpTo(random, 17);
      growing.add({ layer: { type: "embedding", vocabulary, units }, shape: [...shape, units] }, name);
      return;
    }
  }
}

/** A second input, which a join brings in. */
function joinInput(random: Random, growing: Growing): void {
  const { current } = growing;
  if (current.shape.length === 0) return;
  const extra = growing.addInput(
    "extra",
    random.chance(0.5) ? current.shape : [...current.shape.slice(0, -1), sizeUpTo(random, 5)],
  );
  const isSame = sameShape(extra.shape, current.shape);
  const type = isSame ? random.pick(["add", "multiply", "concat"]) : "concat";
  const axis = current.shape.length - 1;
  const to =
    type === "concat"
      ? current.shape.map((size, i) => (i === axis ? size + extra.shape[i] : size))
      : current.shape;
  growing.add({ layer: { type }, shape: to }, [current.name, extra.name]);
}

/** A network of one to five layers, sometimes with joins and blocks between them. */
export function randomNetwork(random: Random): RandomNetwork {
  const growing = new Growing(random);
  startWith(random, growing, random.weighted<Start>({ vector: 3, sequence: 3, image: 4, tokens: 2 }));
  if (random.chance(0.15)) joinInput(random, growing);
  const count = random.pick([1, 1, 2, 2, 3, 4]);
  for (let i = 0; i < count; i++) {
    const kind = random.weighted({ layer: 10, join: 1.5, block: 1.5 });
    if (kind === "layer") growing.addLayer();
    else if (kind === "join") growing.addJoin();
    else growing.addBlock();
  }
  if (!growing.network.some(hasWeights)) {
    const units = sizeUpTo(random, 5);
    const { shape } = growing.current;
    growing.add(
      { layer: { type: "dense", units }, shape: [...shape.slice(0, -1), units] },
      growing.current.name,
    );
  }
  return { inputs: growing.inputs, network: growing.network, shape: growing.current.shape };
}

const weightless = ["reshape", "flatten", "activation", "dropout", "add", "multiply", "concat"];

/** Whether there is something to train in it. */
const hasWeights = ({ type, trainable }: JsonObject): boolean =>
  trainable !== false && !weightless.includes(String(type)) && !String(type).includes("pool");
