/**
 * Gradients against differences of a loss: every element of small parameters; seeded elements and random
 * directions through all of large ones, as many as a budget of work allows, so that large models are not
 * checked for hours. Elements at which the loss has a kink have no derivative to compare with: they are told
 * apart, with the slopes on both sides.
 */
import { normalNumber, randomKey, randomStream } from "../numbers/random.ts";
import type { Random } from "../numbers/random.ts";
import type { Batch } from "../step/batch.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { slopeAt0, type Slope } from "./slope.ts";

/** A loss as a function of parameters. */
export interface CheckedLoss {
  /** They may be moved. */
  readonly parameters: Record<string, Float32Array | Float64Array>;
  /** The loss for the parameters as they stand. */
  value(): number;
  /** Operations of one value. */
  readonly flops: number;
}

/** An element by its place in row-major order, or all elements by a vector of length 1. */
export type Direction = number | Float64Array;

/** Where a slope was taken. */
export interface Place {
  /** `[3, 17]`, or `random direction 2`. */
  readonly at: string;
  /** Of an element. */
  readonly index?: readonly number[];
  readonly direction: Direction;
}

/** A gradient's value beside that of the differences. */
export interface Comparison extends Place {
  readonly emitted: number;
  readonly expected: number;
  readonly absoluteError: number;
  /** Of the larger of both values, or of the least that counts, if they are smaller. */
  readonly relativeError: number;
}

/** Where the loss has no derivative: its slopes on both sides. */
export interface Kink extends Place {
  readonly emitted: number;
  readonly below: number;
  readonly above: number;
}

export interface ParameterCheck {
  readonly name: string;
  readonly shape: readonly number[];
  /** How many elements were compared, and how many directions; kinks are among both. */
  readonly elements: number;
  readonly directions: number;
  readonly kinks: readonly Kink[];
  readonly relativeError: number;
  /** Where the error is largest; undefined where there are kinks alone. */
  readonly worst: Comparison | undefined;
}

export interface GradientCheckOptions {
  /** What samples are drawn from. */
  readonly seed: number;
  /** Of parameters; vectors where it is left out. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** This parameter alone. */
  readonly only?: string | undefined;
  /** Operations of the whole check, at most; half a minute's if left out. */
  readonly budget?: number;
  /**
   * The least that errors are relative to, beside the values themselves, given the mean size of this gradient
   * and the largest such mean.
   */
  readonly floorOf?: (mean: number, largest: number) => number;
}

/** Half a minute of emitted code. */
export const budgetOfFlops = 6e10;
/** Of one slope, on average: two at each width. */
const valuesOfSlope = 12;

/** How much of a large parameter is looked at: single elements, and directions through all of them. */
interface Sample {
  readonly elements: number;
  readonly directions: number;
}

const between = (least: number, most: number, x: number): number =>
  Math.max(least, Math.min(most, Math.floor(x)));

/**
 * The share of each of `parameters` in the budget. A wrong element shows in every direction, so those need
 * not be many.
 */
function sampleFor(flops: number, parameters: number, budget: number): Sample {
  const slopes = budget / (flops * valuesOfSlope * parameters);
  const directions = between(2, 8, slopes / 4);
  return { directions, elements: between(2, 256, slopes - directions) };
}

/** The slopes of a loss at places of one parameter, beside the gradient that a trainer gives. */
export interface MeasuredSlopes {
  readonly name: string;
  readonly shape: readonly number[];
  /** What the trainer gave. */
  readonly gradient: Float64Array;
  /** The least that errors are relative to. */
  readonly floor: number;
  readonly slopes: readonly { readonly place: Place; readonly slope: Slope }[];
}

/** Each gradient of the trainer for the batch, compared with differences of the loss. */
export const checkGradients = (
  trainer: Pick<Trainer, "gradient" | "gradients">,
  batch: Batch,
  loss: CheckedLoss,
  options: GradientCheckOptions,
): ParameterCheck[] =>
  measureSlopes(trainer, batch, loss, options).map((measured) =>
    compareGradient(measured, measured.gradient),
  );

/** Changes the parameters of the loss on the way and puts them back. */
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
 * Differences in double precision are exact enough for errors to be relative to a thousandth of the largest
 * mean gradient.
 */
const aThousandth = (_mean: number, largest: number): number => 1e-3 * largest;

const meanSize = (list: Float64Array): number => list.reduce((sum, x) => sum + Math.abs(x), 0) / list.length;

/** `gradient` beside the slopes: the trainer's own, or one that is wrong on purpose. */
export function compareGradient(
  { name, shape, floor, slopes }: MeasuredSlopes,
  gradient: Float64Array,
): ParameterCheck {
  const kinks: Kink[] = [];
  let worst: Comparison | undefined;
  for (const { place, slope } of slopes) {
    const { direction } = place;
    const emitted = typeof direction === "number" ? gradient[direction] : innerProduct(gradient, direction);
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

/** t ↦ the loss with the parameter moved by t in the direction. */
export const lossAlong =
  ({ parameters, value }: CheckedLoss, name: string, direction: Direction) =>
  (t: number): number => {
    const values = parameters[name];
    if (typeof direction === "number") {
      const kept = values[direction];
      values[direction] = kept + t;
      const moved = value();
      values[direction] = kept;
      return moved;
    }
    const kept = values.slice();
    values.forEach((each, i) => (values[i] = each + t * direction[i]));
    const moved = value();
    values.set(kept);
    return moved;
  };

/** All places if there are few, else a sample of places without repetition, in order, and of directions. */
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

/** The index, axis by axis, of an element by its place in row-major order. */
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

const innerProduct = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
