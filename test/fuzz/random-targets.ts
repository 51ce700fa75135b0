/**
 * Several targets for a random spec: sometimes its loss becomes one of two. The second loss reads the same
 * layer, or has its own output layer.
 */
import type { RowShape } from "./layer-parts.ts";
import { compact, roundedNumber } from "./random-parts.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import type { Random } from "./random.ts";

/** A loss with a target, metrics and inputs that suit it. */
export interface Measured {
  readonly loss: Json;
  readonly target: JsonObject;
  readonly metrics: readonly Json[];
  /** Additional inputs that only the loss reads. */
  readonly inputs: Readonly<Record<string, JsonObject>>;
}

const objectOf = (value: Json | undefined): JsonObject => Object(value) as JsonObject;

/**
 * A loss with weight 0 is reported but not trained, so there must not be layers on which only this loss
 * depends.
 */
const weightOf = (random: Random, isShared: boolean): number | undefined =>
  random.pick([undefined, 1, 0.5, roundedNumber(random, 0.1, 3), ...(isShared ? [0] : [])]);

/** `shape` is the shape of the network's output, and `measure` draws a loss for an output. */
export function withTargets(
  random: Random,
  spec: JsonObject,
  shape: RowShape,
  measure: (shape: RowShape) => Measured,
): JsonObject {
  if (!random.chance(0.2)) return spec;
  const network = spec.network as readonly Json[];
  const last = network[network.length - 1] ?? {};
  const trunk = { name: "trunk", ...(typeof last === "string" ? { type: last } : objectOf(last)) };
  const isShared = shape.length === 0 || random.chance(0.3);
  const units = random.whole(1, 5);
  const second = measure(isShared ? shape : [...shape.slice(0, -1), units]);
  // The logarithm in rmsle requires predictions above −1.
  const needsPositive = second.loss === "rmsle";
  const head = compact({
    type: "dense",
    name: "head",
    from: trunk.name,
    units,
    activation: needsPositive ? "softplus" : undefined,
  });
  const { classWeights, sampleWeights, ...training } = objectOf(spec.training);
  const { classes } = second.target;
  const losses = {
    y: {
      loss: spec.loss,
      from: trunk.name,
      weight: weightOf(random, false),
      metrics: spec.metrics,
      classWeights,
      sampleWeights,
    },
    z: {
      loss: needsPositive && isShared ? "mse" : second.loss,
      from: isShared ? trunk.name : "head",
      weight: weightOf(random, isShared),
      metrics: second.metrics,
      classWeights:
        typeof classes === "number" && typeof second.loss === "object" && random.chance(0.25)
          ? Array.from({ length: classes }, () => roundedNumber(random, 0.2, 3))
          : undefined,
      sampleWeights: random.chance(0.5) ? sampleWeights : undefined,
    },
  };
  const names = random.chance(0.5) ? (["y", "z"] as const) : (["z", "y"] as const);
  const targets = { ...objectOf(spec.targets), z: second.target };
  const { loss: _, metrics: __, ...others } = spec;
  return {
    ...others,
    inputs: { ...objectOf(spec.inputs), ...second.inputs },
    targets: Object.fromEntries(names.map((name) => [name, objectOf(targets)[name] ?? {}])),
    network: [...network.slice(0, -1), trunk, ...(isShared ? [] : [head])],
    losses: Object.fromEntries(names.map((name) => [name, compact(losses[name])])),
    training,
  };
}
