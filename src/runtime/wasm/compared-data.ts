// Data for the comparison of kernels: random rows, and random changes of parameters and optimizer states,
// which begin with many zeros and ones.
import type { Numbers } from "../step/machine.ts";
import { sizeOf } from "../model/facts.ts";
import type { ModelFacts } from "../model/facts.ts";
import { normalNumber, randomKey, randomStream } from "../numbers/random.ts";

export type ComparedNumbers = Numbers | Int32Array | Float64Array;

/** Tensors by name. */
export type ComparedViews = ReadonlyMap<string, ComparedNumbers>;

/** The period of the random numbers. It is a prime, so that the numbers do not repeat from row to row. */
const disturbances = 4093;

/**
 * Adds random numbers to parameters and optimizer states, because a factor of zero would hide an error in the
 * other factor. States only increase, because square roots of some states are computed. Counters do not
 * change.
 */
export function disturbStart(model: ModelFacts, states: ComparedViews, seed: number, scale: number): void {
  const random = randomStream(randomKey(seed, 0, 0));
  const numbers = Float64Array.from({ length: disturbances }, () => random.unit());
  const isParameter = new Set(model.parameters.map(({ name }) => name));
  for (const [name, view] of states) {
    if (view instanceof Int32Array) continue;
    const least = isParameter.has(name) ? -0.15 : 0;
    for (let i = 0; i < view.length; i++)
      view[i] = scale * (view[i]! + least + (0.15 - least) * numbers[i % disturbances]!);
  }
}

/**
 * Fills a batch with random numbers. Inputs have mean 0 and standard deviation `scale`. Indices often repeat
 * the previous index. Real-valued targets, and inputs that only the loss reads, are 0 with probability 1/3
 * and otherwise in (0, 1], because every loss accepts these values. The weight of the first row is not 0. If
 * all weights were 0, all gradients would be 0, and the comparison would detect no error.
 */
export function fillBatch(model: ModelFacts, batch: ComparedViews, seed: number, scale: number): void {
  const random = randomStream(randomKey(seed, 0, 1));
  const positive = () => (random.unit() < 1 / 3 ? 0 : random.unit() || 1);
  const normal = () => scale * normalNumber(random);
  const indexBelow = (limit: number, last = 0) => {
    return () => (last = random.unit() < 1 / 3 ? last : random.below(limit));
  };
  const fill = (name: string, draw: (i: number) => number) => {
    const view = batch.get(name);
    if (view) for (let i = 0; i < view.length; i++) view[i] = draw(i);
  };
  for (const [name, { shape, dtype, vocabulary = 8, onlyLoss, least }] of Object.entries(model.inputs)) {
    const weight = (i: number) => (i < sizeOf(shape) ? random.unit() || 1 : positive());
    const real = onlyLoss || least !== undefined ? weight : normal;
    fill(name, dtype === "i32" ? indexBelow(vocabulary) : real);
  }
  for (const [name, { classes }] of Object.entries(model.targets))
    fill(name, classes === undefined ? positive : indexBelow(classes));
}

/** Multiplies each number by 1 + move or 1 − move, at random. */
export function moveNumbers(values: ComparedViews, seed: number, move: number): void {
  const random = randomStream(randomKey(seed, 0, 2));
  for (const view of values.values())
    if (!(view instanceof Int32Array))
      for (let i = 0; i < view.length; i++) view[i]! *= 1 + (random.unit() < 0.5 ? move : -move);
}
