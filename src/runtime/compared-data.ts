// What kernels are compared on: random batches, and random numbers where training is at rest at its start.
import type { ComparedNumbers } from "./compare-kernels.ts";
import type { ModelFacts } from "./model-facts.ts";
import { normalNumber, randomKey, randomStream } from "./random.ts";

/** The views of storage, by name. */
export type ComparedViews = ReadonlyMap<string, ComparedNumbers>;

/**
 * Moves parameters and states off their first values, among which zeros would hide what is multiplied by them. States only grow: some of
 * them are under a root. What counts stays.
 */
export function disturbStart(model: ModelFacts, states: ComparedViews, seed: number, scale: number): void {
  const random = randomStream(randomKey(seed, 0, 0));
  const isParameter = new Set(model.parameters.map(({ name }) => name));
  for (const [name, view] of states) {
    if (view instanceof Int32Array) continue;
    const moved = isParameter.has(name) ? (x: number) => x : Math.abs;
    for (let i = 0; i < view.length; i++) view[i] = scale * (view[i] + 0.1 * moved(normalNumber(random)));
  }
}

/**
 * Fills all rows of the batch: inputs of mean 0 and deviation `scale`, any index, any class. Real targets are 0 in a third of all places and
 * from (0, 1) elsewhere, which every loss takes; so is what only the loss reads.
 */
export function fillBatch(model: ModelFacts, values: ComparedViews, seed: number, scale: number): void {
  const random = randomStream(randomKey(seed, 0, 1));
  const positive = () => (random.unit() < 1 / 3 ? 0 : random.unit() || 1);
  const fill = (name: string, draw: () => number) => {
    const view = values.get(name);
    if (view) for (let i = 0; i < view.length; i++) view[i] = draw();
  };
  for (const [name, { dtype, vocabulary = 8, onlyLoss, least }] of Object.entries(model.inputs)) {
    const isPositive = onlyLoss || least !== undefined;
    const real = isPositive ? positive : () => scale * normalNumber(random);
    fill(name, dtype === "i32" ? () => random.below(vocabulary) : real);
  }
  for (const [name, { classes }] of Object.entries(model.targets))
    fill(name, classes === undefined ? positive : () => random.below(classes));
}

/** x (1 ± move), with a sign for each number. */
export function moveNumbers(values: ComparedViews, seed: number, move: number): void {
  const random = randomStream(randomKey(seed, 0, 2));
  for (const view of values.values())
    if (!(view instanceof Int32Array))
      for (let i = 0; i < view.length; i++) view[i] *= 1 + (random.unit() < 0.5 ? move : -move);
}
