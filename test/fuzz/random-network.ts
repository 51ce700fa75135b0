/**
 * A random network with valid shapes: inputs, then layers one after the other, with joins of earlier values
 * and blocks of layers. The shape of each value is tracked while layers are added, so nearly every network is
 * valid.
 */
import { compact, sizeUpTo } from "./random-parts.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import { countOf, divisors } from "./layer-parts.ts";
import type { MadeLayer, RowShape } from "./layer-parts.ts";
import { anyLayer, block, isLayerType, layerWeights, sameShape } from "./random-blocks.ts";
import type { LayerType } from "./random-layers.ts";
import type { Random } from "./random.ts";
import { meets } from "./demands.ts";
import type { Demand, ShapedLayer } from "./demands.ts";

export interface RandomNetwork {
  readonly inputs: Readonly<Record<string, JsonObject>>;
  readonly network: readonly JsonObject[];
  /** The shape of a row of the output. */
  readonly shape: RowShape;
  /** The layers with their shapes; each block is one. */
  readonly shaped: readonly ShapedLayer[];
}

interface Value {
  readonly name: string;
  readonly shape: RowShape;
}

/** The network that is being built. */
class Growing {
  readonly inputs: Record<string, JsonObject> = {};
  readonly network: JsonObject[] = [];
  private readonly values: Value[] = [];
  private readonly ordinals = new Map<string, number>();
  /** The layers so far, with their shapes. A block counts as one layer. */
  readonly shaped: ShapedLayer[] = [];
  current: Value = { name: "", shape: [] };
  private isFirst = true;
  /** Whether joins are mostly cross-attention. */
  private readonly isCrossing: boolean;

  private readonly random: Random;
  private readonly weights: Readonly<Partial<Record<LayerType, number>>>;

  /** @param preferred a type of layer that is as frequent as all others together */
  constructor(random: Random, preferred?: string) {
    this.random = random;
    const total = Object.values(layerWeights).reduce((sum, weight) => sum + weight, 0);
    this.isCrossing = preferred === "cross-attention";
    this.weights = isLayerType(preferred) ? { ...layerWeights, [preferred]: total } : layerWeights;
  }

  addInput(name: string, shape: RowShape, dtype?: "i32"): Value {
    this.inputs[name] = compact({ shape, dtype });
    const value = { name, shape };
    if (dtype === undefined) this.values.push(value);
    return value;
  }

  /** Appends a layer that reads `from`, or the previous layer. */
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
    this.shaped.push({ type, from: this.current.shape, to: shape });
    this.current = { name, shape };
    this.values.push(this.current);
  }

  /**
   * Joins the current value with an earlier value of a matching shape, or with a new branch that has a
   * matching shape.
   */
  addJoin(): void {
    const { random, current } = this;
    const { name, shape } = current;
    if (shape.length === 0) return;
    if (shape.length === 2 && random.chance(this.isCrossing ? 0.8 : 0.2)) return this.addCrossAttention();
    const type = random.pick(["add", "multiply", "concat", "concat"]);
    const fitting = this.values.filter((value) => sameShape(value.shape, shape));
    let other = random.pick(fitting.length > 0 ? fitting : [current]);
    if (random.chance(0.5)) {
      // A branch is another layer that reads the current value, or an earlier one with the same leading axes.
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

  /** Adds cross-attention, in which the current sequence reads an earlier sequence or itself. */
  private addCrossAttention(): void {
    const { random, current } = this;
    const sequences = this.values.filter(({ shape }) => shape.length === 2);
    const memory = random.pick(sequences.length > 0 ? sequences : [current]);
    const heads = random.pick(divisors(current.shape[1]));
    const layer = compact({ type: "cross-attention", heads, dropout: random.chance(0.15) ? 0.3 : undefined });
    this.add({ layer, shape: current.shape }, [current.name, memory.name]);
  }

  addLayer(): void {
    this.add(
      anyLayer(this.random, this.current.shape, this.weights),
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
      growing.current = growing.addInput("x", [height, width, random.pick([1, 1, 2, 3, 4, 5, 8])]);
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

/** Adds a second input, and a join that combines it with the current value. */
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

const joins: readonly string[] = ["add", "multiply", "concat", "cross-attention"];

/**
 * A network of one to five layers, sometimes with joins and blocks between them. Layers of the type
 * `preferred` are more frequent.
 */
function grownNetwork(random: Random, preferred?: string): Growing {
  const growing = new Growing(random, preferred);
  const starts: Record<Start, number> = { vector: 3, sequence: 3, image: 4, tokens: 2 };
  startWith(random, growing, preferred === "embedding" ? "tokens" : random.weighted(starts));
  if (random.chance(0.15)) joinInput(random, growing);
  const count = random.pick([1, 1, 2, 2, 3, 4]);
  const kinds = {
    layer: 10,
    join: joins.includes(preferred ?? "") ? 10 : 1.5,
    block: preferred === "residual" ? 10 : 1.5,
  };
  for (let i = 0; i < count; i++) {
    const kind = random.weighted(kinds);
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
  return growing;
}

/** The range of the number of values in a row for which a wide batch takes enough memory. */
const wideRow = { least: 200, most: 500 };

function isWide({ shaped }: Growing): boolean {
  const numbers = shaped.reduce((sum, { to }) => sum + countOf(to), 0);
  return numbers >= wideRow.least && numbers <= wideRow.most;
}

/** After this number of attempts, the demand is dropped. A rare demand needs some hundreds of attempts. */
const mostAttempts = 5000;

/** Draws networks until one meets the demand. */
export function randomNetwork(random: Random, demand?: Demand): RandomNetwork {
  for (let attempt = 0; ; attempt++) {
    const growing = grownNetwork(random, demand?.type);
    const isMet =
      demand === undefined ||
      (growing.shaped.some((layer) => meets(layer, demand)) && (demand.isWide !== true || isWide(growing)));
    if (isMet || attempt === mostAttempts) {
      const { inputs, network, current, shaped } = growing;
      return { inputs, network, shape: current.shape, shaped };
    }
  }
}

const weightless = ["reshape", "flatten", "activation", "dropout", "add", "multiply", "concat"];

/** Whether a layer has trainable parameters. */
const hasWeights = ({ type, trainable }: JsonObject): boolean =>
  trainable !== false && !weightless.includes(String(type)) && !String(type).includes("pool");
