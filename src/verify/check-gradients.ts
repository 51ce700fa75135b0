/**
 * Emitted gradients against central differences of the emitted loss: every element of small parameters; seeded elements and random
 * directions through all of large ones, as many as a budget of work allows, so that large models are not checked for hours. Errors are relative to the larger of the value and a thousandth of the largest
 * mean gradient. Elements at which the loss has a kink have no derivative to compare with: they are counted.
 */
import { normalNumber, randomKey, randomStream } from "../runtime/random.ts";
import type { Random } from "../runtime/random.ts";
import type { Batch } from "../runtime/slots.ts";
import type { Trainer } from "../runtime/trainer.ts";
import type { CheckedLoss } from "./checked-loss.ts";
import { slopeAt0 } from "./slope.ts";

export interface ParameterCheck {
  readonly name: string;
  /** How many elements were compared, how many directions, and at how many of both the loss has a kink. */
  readonly elements: number;
  readonly directions: number;
  readonly kinks: number;
  readonly relativeError: number;
  /** Where the error is largest. */
  readonly worst: { readonly at: string; readonly emitted: number; readonly expected: number };
}

/** Of a whole check: some half a minute of emitted code. */
const budgetOfFlops = 6e10;
/** Of one slope, on average: two at each width. */
const valuesOfSlope = 12;

/** How much of a large parameter is looked at: single elements, and directions through all of them. */
interface Sample {
  readonly elements: number;
  readonly directions: number;
}

const between = (least: number, most: number, x: number): number =>
  Math.max(least, Math.min(most, Math.floor(x)));

/** The share of each of `parameters` in the budget. A wrong element shows in every direction, so those need not be many. */
function sampleFor(flops: number, parameters: number): Sample {
  const slopes = budgetOfFlops / (flops * valuesOfSlope * parameters);
  const directions = between(2, 8, slopes / 4);
  return { directions, elements: between(2, 256, slopes - directions) };
}

/** Changes the parameters of the loss on the way and puts them back. */
export function checkGradients(
  trainer: Pick<Trainer, "gradient" | "gradients">,
  batch: Batch,
  loss: CheckedLoss,
  seed: number,
): ParameterCheck[] {
  trainer.gradient(batch);
  const emitted = Object.entries(trainer.gradients).map(
    ([name, view]) => [name, Float64Array.from(view)] as const,
  );
  const meanSize = (list: Float64Array) => list.reduce((sum, x) => sum + Math.abs(x), 0) / list.length;
  const floor = 1e-3 * Math.max(...emitted.map(([, gradient]) => meanSize(gradient)));
  const random = randomStream(randomKey(seed, 0, 2));
  const sample = sampleFor(loss.flops, emitted.length);
  return emitted.map(([name, gradient]) => {
    const values = loss.parameters[name];
    const directions = directionsOf(gradient.length, sample, random);
    const check = {
      name,
      elements: 0,
      directions: 0,
      kinks: 0,
      relativeError: 0,
      worst: { at: "", emitted: 0, expected: 0 },
    };
    for (const direction of directions) {
      const expected = slopeAt0(alongFrom(values, direction, loss), floor);
      if (typeof direction === "number") check.elements++;
      else check.directions++;
      const value = typeof direction === "number" ? gradient[direction] : dot(gradient, direction);
      const scale = Math.max(Math.abs(value), Math.abs(expected.value), floor);
      const error = scale === 0 ? 0 : Math.abs(value - expected.value) / scale;
      if (expected.isKink) check.kinks++;
      else if (!(error <= check.relativeError)) {
        check.relativeError = Number.isNaN(error) ? Infinity : error;
        const at = typeof direction === "number" ? `[${direction}]` : "a random direction";
        check.worst = { at, emitted: value, expected: expected.value };
      }
    }
    return check;
  });
}

/** An element by its place, or all elements by a vector of length 1. */
type Direction = number | Float64Array;

/** t ↦ the loss with the parameter moved by t in the direction. */
const alongFrom =
  (values: Trainer["parameters"][string], direction: Direction, loss: CheckedLoss) =>
  (t: number): number => {
    if (typeof direction === "number") {
      const kept = values[direction];
      values[direction] = kept + t;
      const moved = loss.value();
      values[direction] = kept;
      return moved;
    }
    const kept = Float64Array.from(values);
    values.forEach((value, i) => (values[i] = value + t * direction[i]));
    const moved = loss.value();
    values.set(kept);
    return moved;
  };

/** All places if there are few, else a sample of places without repetition, in order, and of directions. */
function directionsOf(size: number, { elements, directions }: Sample, random: Random): Direction[] {
  if (size <= elements + directions) return Array.from({ length: size }, (_, i) => i);
  const chosen = new Set<number>();
  while (chosen.size < elements) chosen.add(random.below(size));
  const vectors = Array.from({ length: directions }, () => unitVector(size, random));
  return [...[...chosen].sort((a, b) => a - b), ...vectors];
}

function unitVector(size: number, random: Random): Float64Array {
  const vector = Float64Array.from({ length: size }, () => normalNumber(random));
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((x) => x / length);
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
