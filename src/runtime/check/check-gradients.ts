/**
 * Compares gradients with finite differences of the loss. Checks every element of a small parameter. For a
 * large parameter, checks as many random elements and random directions as a work budget allows. The loss has
 * no derivative at a kink, so elements at a kink are listed separately, with the slopes on both sides.
 */
import { normalNumber, randomKey, randomStream } from "../numbers/random.ts";
import type { Random } from "../numbers/random.ts";
import type { Batch } from "../step/batch.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { slopeAt0, type Slope } from "./slope.ts";

/** A loss as a function of the parameters. */
export interface CheckedLoss {
  /** The current parameters. Callers may overwrite their values. */
  readonly parameters: Record<string, Float32Array | Float64Array>;
  /** The loss for the current parameters. */
  value(): number;
  /** The number of floating-point operations of one call of `value`. */
  readonly flops: number;
}

/**
 * A direction in which a parameter is moved: the row-major index of one element, or a unit vector over all
 * elements.
 */
export type Direction = number | Float64Array;

/** An element or a random direction for which the gradient is compared with the slope of the loss. */
export interface Place {
  /** The label in reports, such as `[3, 17]` or `random direction 2`. */
  readonly at: string;
  /** The index of the element on each axis; undefined for a random direction. */
  readonly index?: readonly number[];
  readonly direction: Direction;
}

/** The gradient that the emitted trainer computed, and the expected slope of the loss, at one place. */
export interface Comparison extends Place {
  readonly emitted: number;
  readonly expected: number;
  readonly absoluteError: number;
  /**
   * The absolute error divided by the larger magnitude of the two values, or by the floor if both are below
   * it.
   */
  readonly relativeError: number;
}

/** A place without a derivative, with the slopes of the loss below and above it. */
export interface Kink extends Place {
  readonly emitted: number;
  readonly below: number;
  readonly above: number;
}

export interface ParameterCheck {
  readonly name: string;
  readonly shape: readonly number[];
  /** The numbers of checked elements and directions, including kinks. */
  readonly elements: number;
  readonly directions: number;
  readonly kinks: readonly Kink[];
  readonly relativeError: number;
  /** The comparison with the largest error; undefined if all places are kinks. */
  readonly worst: Comparison | undefined;
}

export interface GradientCheckOptions {
  /** The seed that selects random elements and directions. */
  readonly seed: number;
  /** The shapes of parameters by name. A parameter that is not listed is treated as a vector. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** The only parameter to check; by default, all are checked. */
  readonly only?: string | undefined;
  /** The maximum number of floating-point operations. The default takes about half a minute. */
  readonly budget?: number;
  /**
   * Returns the smallest denominator of a relative error. `mean` is the mean magnitude of this gradient, and
   * `largest` is the largest such mean of all gradients.
   */
  readonly floorOf?: (mean: number, largest: number) => number;
}

/** About half a minute of emitted code. */
export const budgetOfFlops = 6e10;
/** The average number of evaluations of the loss per slope: two at each step width. */
const valuesOfSlope = 12;

/** The numbers of elements and random directions that are checked in a large parameter. */
interface Sample {
  readonly elements: number;
  readonly directions: number;
}

const between = (least: number, most: number, x: number): number =>
  Math.max(least, Math.min(most, Math.floor(x)));

/**
 * Divides the budget among `parameters` parameters. Few directions suffice, because a wrong element changes
 * the slope in every random direction.
 */
function sampleFor(flops: number, parameters: number, budget: number): Sample {
  const slopes = budget / (flops * valuesOfSlope * parameters);
  const directions = between(2, 8, slopes / 4);
  return { directions, elements: between(2, 256, slopes - directions) };
}

/** The slopes of the loss for one parameter, and the gradient of the trainer. */
export interface MeasuredSlopes {
  readonly name: string;
  readonly shape: readonly number[];
  /** The gradient of the trainer. */
  readonly gradient: Float64Array;
  /** The floor for relative errors. */
  readonly floor: number;
  readonly slopes: readonly { readonly place: Place; readonly slope: Slope }[];
}

/** Compares each gradient of the trainer with finite differences of the loss. */
export const checkGradients = (
  trainer: Pick<Trainer, "gradient" | "gradients">,
  batch: Batch,
  loss: CheckedLoss,
  options: GradientCheckOptions,
): ParameterCheck[] =>
  measureSlopes(trainer, batch, loss, options).map((measured) =>
    compareGradient(measured, measured.gradient),
  );

/** Measures the slope at each place. The parameters of the loss are restored afterwards. */
export function measureSlopes(
  trainer: Pick<Trainer, "gradient" | "gradients">,
  batch: Batch,
  loss: CheckedLoss,
  options: GradientCheckOptions,
): MeasuredSlopes[] {
  trainer.gradient(batch);
  const { seed, shapes = {}, only, budget = budgetOfFlops, floorOf = aThousandth } = options;
  const all = Object.entries(trainer.gradients).map(
    ([name, view]) => [name, Float64Array.from(view)] as const,
  );
  const largest = Math.max(...all.map(([, gradient]) => meanSize(gradient)));
  const wanted = all.filter(([name]) => only === undefined || name === only);
  const random = randomStream(randomKey(seed, 0, 2));
  const sample = sampleFor(loss.flops, wanted.length, budget);
  return wanted.map(([name, gradient]) => {
    const shape = shapes[name] ?? [gradient.length];
    const floor = floorOf(meanSize(gradient), largest);
    const slopes = placesIn(gradient.length, shape, sample, random).map((place) => ({
      place,
      slope: slopeAt0(lossAlong(loss, name, place.direction), floor),
    }));
    return { name, shape, gradient, floor, slopes };
  });
}

/**
 * The default floor, a thousandth of the largest mean gradient. Finite differences resolve values of this
 * size.
 */
const aThousandth = (_mean: number, largest: number): number => 1e-3 * largest;

const meanSize = (list: Float64Array): number => list.reduce((sum, x) => sum + Math.abs(x), 0) / list.length;

/**
 * Compares a gradient with the slopes. The gradient is that of the trainer, or a copy with an intentional
 * error.
 */
export function compareGradient(
  { name, shape, floor, slopes }: MeasuredSlopes,
  gradient: Float64Array,
): ParameterCheck {
  const kinks: Kink[] = [];
  let worst: Comparison | undefined;
  for (const { place, slope } of slopes) {
    const { direction } = place;
    const emitted = typeof direction === "number" ? gradient[direction]! : innerProduct(gradient, direction);
    const { value, isKink, below, above } = slope;
    if (isKink) {
      kinks.push({ ...place, emitted, below, above });
      continue;
    }
    const absoluteError = Math.abs(emitted - value);
    const scale = Math.max(Math.abs(emitted), Math.abs(value), floor);
    const error = scale === 0 ? 0 : absoluteError / scale;
    const relativeError = Number.isNaN(error) ? Infinity : error;
    if (worst === undefined || relativeError > worst.relativeError)
      worst = { ...place, emitted, expected: value, absoluteError, relativeError };
  }
  const elements = slopes.filter(({ place }) => place.index !== undefined).length;
  const relativeError = worst?.relativeError ?? 0;
  return { name, shape, elements, directions: slopes.length - elements, kinks, relativeError, worst };
}

/** Returns the function of t that moves the parameter by t in this direction and computes the loss. */
export const lossAlong =
  ({ parameters, value }: CheckedLoss, name: string, direction: Direction) =>
  (t: number): number => {
    const values = parameters[name]!;
    if (typeof direction === "number") {
      const kept = values[direction]!;
      values[direction] = kept + t;
      const moved = value();
      values[direction] = kept;
      return moved;
    }
    const kept = values.slice();
    values.forEach((each, i) => (values[i] = each + t * direction[i]!));
    const moved = value();
    values.set(kept);
    return moved;
  };

/**
 * Returns all elements if there are few. Otherwise, returns random elements in ascending order, and random
 * directions.
 */
function placesIn(
  size: number,
  shape: readonly number[],
  { elements, directions }: Sample,
  random: Random,
): Place[] {
  const element = (direction: number): Place => {
    const index = indexOf(direction, shape);
    return { at: `[${index.join(", ")}]`, index, direction };
  };
  if (size <= elements + directions) return Array.from({ length: size }, (_, i) => element(i));
  const chosen = new Set<number>();
  while (chosen.size < elements) chosen.add(random.below(size));
  const vectors = Array.from({ length: directions }, (_, i) => ({
    at: `random direction ${i + 1}`,
    direction: unitVector(size, random),
  }));
  return [...[...chosen].sort((a, b) => a - b).map(element), ...vectors];
}

/** Converts a row-major index to an index along each axis. */
function indexOf(place: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const extent of [...shape].reverse()) {
    index.unshift(place % extent);
    place = Math.floor(place / extent);
  }
  return index;
}

function unitVector(size: number, random: Random): Float64Array {
  const vector = Float64Array.from({ length: size }, () => normalNumber(random));
  const length = Math.sqrt(innerProduct(vector, vector));
  return vector.map((x) => x / length);
}

const innerProduct = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);
