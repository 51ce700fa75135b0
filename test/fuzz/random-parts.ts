/**
 * The parts of a random spec that layers, losses and optimizers share: sizes, activations, formulas,
 * initialisers.
 */
import type { Random } from "./random.ts";

/** A spec, or a part of one, as JSON. */
export interface JsonObject {
  readonly [key: string]: Json;
}
export type Json = number | string | boolean | null | JsonObject | readonly Json[];

/** Sizes around the numbers of lanes and the sizes of tiles, and sizes between them that leave remainders. */
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33];
const weightsOfSizes = [4, 4, 4, 3, 3, 2, 2, 2, 1, 1, 1];

/** One of these sizes, at most `most`. */
export function sizeUpTo(random: Random, most: number): number {
  const weights = Object.fromEntries(
    sizes.flatMap((size, i) => (size <= most ? [[String(size), weightsOfSizes[i]]] : [])),
  );
  return Number(random.weighted(weights));
}

/** Returns a number that f32 represents exactly, or one that it does not. */
export const roundedNumber = (random: Random, low: number, high: number): number =>
  Number((low + (high - low) * random.unit()).toPrecision(random.whole(1, 4)));

const smoothOf = (x: string): readonly string[] => [
  `tanh(${x})`,
  `sigmoid(${x})`,
  `sin(${x})`,
  `cos(2 * ${x})`,
  `erf(${x})`,
  `softplus(${x})`,
  `gelu(${x})`,
  `silu(${x})`,
  `exp(-(${x})^2)`,
  `expm1(clamp(${x}, -3, 2))`,
  `log1p((${x})^2)`,
  `log(1.5 + sin(${x}))`,
  `sqrt(1 + (${x})^2)`,
  `(${x}) / (1 + abs(${x}))`,
  `pow(1 + (${x})^2, 0.3)`,
  `(${x})^3 / (1 + (${x})^2)`,
  `tan(0.3 * tanh(${x}))`,
];

const kinkedOf = (x: string): readonly string[] => [
  `abs(${x})`,
  `relu(${x})`,
  `max(${x}, 0.2 * (${x}))`,
  `min(${x}, 1 - (${x}), 0.75)`,
  `clamp(${x}, -1, 1)`,
  `(${x}) > 0.5 ? (${x}) : 0.25 * (${x})`,
  `where((${x}) <= 0, -(${x}), (${x})^2)`,
  `(${x}) - floor(${x})`,
  `(${x}) * sign(${x})`,
  `(${x}) + stop(0.5 * (${x}))`,
];

/** A formula of x with a derivative that is not zero everywhere. */
export function formulaOf(random: Random, depth = random.whole(1, 2)): string {
  if (depth === 0) return random.pick(["x", "x", "beta * x", "x + 0.5", "(0.25 - x)"]);
  const inner = formulaOf(random, depth - 1);
  const made = random.pick(random.chance(0.6) ? smoothOf(inner) : kinkedOf(inner));
  return random.chance(0.3) ? `${made} + 0.5 * ${random.pick(["x", "tanh(x)", "beta"])}` : made;
}

const plainActivations = [
  "linear",
  "relu",
  "relu6",
  "leaky-relu",
  "threshold",
  "elu",
  "celu",
  "selu",
  "gelu",
  "silu",
  "hard-swish",
  "mish",
  "softplus",
  "softsign",
  "sigmoid",
  "hard-sigmoid",
  "hard-tanh",
  "tanh",
  "log-sigmoid",
  "hard-shrink",
  "soft-shrink",
  "tanh-shrink",
  "softmax",
  "log-softmax",
  "step",
  "formula",
];

/** The keys that only this activation has. Some of them keep their defaults. */
function activationKeys(random: Random, type: string): JsonObject {
  switch (type) {
    case "leaky-relu":
      return random.chance(0.6) ? { slope: roundedNumber(random, -0.3, 0.6) } : {};
    case "threshold":
      return random.chance(0.6)
        ? { threshold: roundedNumber(random, -0.5, 0.5), value: roundedNumber(random, -1, 1) }
        : {};
    case "hard-shrink":
    case "soft-shrink":
      return random.chance(0.6) ? { lambda: roundedNumber(random, 0, 0.8) } : {};
    case "elu":
    case "celu":
      return random.chance(0.6) ? { alpha: roundedNumber(random, 0.1, 2) } : {};
    case "gelu":
      return random.chance(0.5) ? { approximate: random.pick(["tanh", "none"]) } : {};
    case "step":
      return { surrogate: random.pick(["straight-through", "sigmoid"]) };
    default:
      return {};
  }
}

function ownFormula(random: Random): JsonObject {
  const formula = formulaOf(random);
  return formula.includes("beta")
    ? { formula, constants: { beta: roundedNumber(random, 0.2, 1.5) } }
    : { formula };
}

/** The value of the key `activation` of a layer; undefined for the layer's default. */
export function activationOf(random: Random): Json | undefined {
  if (random.chance(0.3)) return undefined;
  const type = random.pick(plainActivations);
  if (type === "formula") return ownFormula(random);
  const keys = activationKeys(random, type);
  return Object.keys(keys).length === 0 ? type : { type, ...keys };
}

/** The same choice as a layer of type `activation`: the keys of the function are next to the key `fn`. */
export function activationLayer(random: Random): JsonObject {
  const type = random.pick(plainActivations);
  return type === "formula"
    ? { type: "activation", fn: ownFormula(random) }
    : { type: "activation", fn: type, ...activationKeys(random, type) };
}

/**
 * Sometimes an initialiser. The fuzzer overwrites the initial parameters, so this tests only that the
 * initialiser compiles.
 */
export function initialiserOf(random: Random): Json | undefined {
  if (random.chance(0.9)) return undefined;
  return random.pick<Json>([
    "he-normal",
    "lecun-uniform",
    "xavier-normal",
    "orthogonal",
    { type: "uniform", min: -0.5, max: 0.5 },
    { type: "normal", mean: 0, std: 0.1 },
    { type: "constant", value: 0.3 },
  ]);
}

/** The object without the keys that are undefined. */
export const compact = (object: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
