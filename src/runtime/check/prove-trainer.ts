/**
 * The proof of a trainer on the machine that runs it. Gradients are compared with slopes of a loss that
 * involves no derivative: the forward part of the same spec, compiled again in doubles. This detects errors of
 * differentiation, of kernels, of the target and of the engine.
 */
import type { ModelFacts } from "../model/facts.ts";
import type { Batch } from "../step/batch.ts";
import type { Backend } from "../step/machine.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { randomBatch, tellingBatch } from "./batches.ts";
import { compareGradient, measureSlopes } from "./check-gradients.ts";
import type { CheckedLoss, MeasuredSlopes, ParameterCheck } from "./check-gradients.ts";
import { bytesPerStep, checkResuming, fewNumbers } from "./check-steps.ts";
import type { ResumeCheck } from "./check-steps.ts";

/**
 * The largest accepted difference between a gradient and central differences of the loss in double precision.
 * A number of b bits has a rounding error of u = 2⁻ᵇ, and some thousand roundings lie between the loss and a
 * derivative:
 *
 *     |gradient − slope| ≤ 2¹² · u · max(|gradient|, |slope|, floor)      with b = 24: 2⁻¹² ≈ 2.4e-4
 *
 * The floor is needed because sums cancel: a small element has the rounding error of its terms, which are as
 * large as
 * the mean of its tensor. In f64 the bound would be 5e-13, below the accuracy of differences, which then sets it.
 */
interface Tolerance {
  /** The largest relative error that is none. */
  readonly bound: number;
  /** The floor of relative errors, given the mean magnitude of this gradient and the largest such mean. */
  floorOf(mean: number, largest: number): number;
}

export const tolerances: Readonly<Record<"f32" | "f64", Tolerance>> = {
  f32: { bound: 1 / 4096, floorOf: (mean, largest) => Math.max(mean, largest / 256) },
  f64: { bound: 1e-6, floorOf: (_mean, largest) => 1e-3 * largest },
};

/** What a check knows about its spec. */
export interface CheckFacts {
  readonly specHash: string;
  /** Rows of the batch. */
  readonly rows: number;
  /** Operations of one value of the loss for these rows. */
  readonly flops: number;
  /**
   * Whether V8 is known to allocate numbers for this model, 16 bytes each. It does not always inline calls in
   * recurrences and in transformers with dropout. Such allocations hide others.
   */
  readonly handsOnNumbers: boolean;
}

/** A trainer, and the loss that it is compared with. */
export interface Checked {
  readonly model: ModelFacts;
  createTrainer(options: { seed?: number }): Trainer;
  /** The training loss of a batch in doubles as a function of the parameters; `seed` is that of the trainer. */
  createLoss(batch: Batch, seed: number): CheckedLoss;
  readonly facts: CheckFacts;
}

/** A gradient with one element spoilt on purpose, and whether the check found it. */
interface SpoiltGradient {
  readonly name: string;
  readonly at: string;
  readonly isFound: boolean;
}

export interface Proof {
  readonly backend: Backend;
  /** The largest relative error that is none. */
  readonly bound: number;
  readonly loss: { readonly trainer: number; readonly inDoubles: number; readonly relativeError: number };
  readonly parameters: readonly ParameterCheck[];
  readonly spoilt: readonly SpoiltGradient[];
  readonly resuming: ResumeCheck;
  /** Undefined if the host cannot measure it. */
  readonly bytesPerStep: number | undefined;
  /** Whether a step allocates no more than the numbers that it returns; undefined if unknown. */
  readonly allocatesNothing: boolean | undefined;
}

const seed = 1;
/** Work budgets for slopes, and for steps before allocations are measured: a few seconds each. */
const budget = 5e9;
const budgetOfSteps = 1e9;
/** The cost of a step, in values of the loss. */
const valuesOfStep = 3;
/** A spoilt element is wrong by one part in this many. */
const partsOfSpoiling = 100;

export function proveTrainer({ model, createTrainer, createLoss, facts }: Checked): Proof {
  const { rows, flops, handsOnNumbers } = facts;
  const { bound, floorOf } = tolerances[model.dtype];
  const trainer = createTrainer({ seed });
  const batch = tellingBatch(model, trainer, rows, seed);
  const loss = createLoss(batch, trainer.seed);
  for (const [name, values] of Object.entries(loss.parameters)) values.set(trainer.parameters[name]);
  const [ofTrainer, inDoubles] = [trainer.gradient(batch), loss.value()];

  const shapes = Object.fromEntries(model.parameters.map(({ name, shape }) => [name, shape]));
  const measured = measureSlopes(trainer, batch, loss, { seed, shapes, budget, floorOf });
  const oneRow = randomBatch(model, 1, seed);
  const stepsWithin = (most: number, ofRows: number) =>
    Math.max(1, Math.min(most, Math.floor((budgetOfSteps * rows) / (valuesOfStep * flops * ofRows))));
  const bytes = bytesPerStep({
    step: () => trainer.step(batch),
    warmUp: () => trainer.step(oneRow),
    patience: stepsWithin(500, 1),
    steps: stepsWithin(10, 50 * rows),
  });
  const isFew = bytes !== undefined && bytes <= fewNumbers;
  return {
    backend: trainer.backend,
    bound,
    loss: {
      trainer: ofTrainer,
      inDoubles,
      relativeError: Math.abs(ofTrainer - inDoubles) / Math.max(Math.abs(inDoubles), bound),
    },
    parameters: measured.map((each) => compareGradient(each, each.gradient)),
    spoilt: measured.flatMap((each) => spoilOne(each, bound) ?? []),
    resuming: checkResuming(createTrainer, (step) => randomBatch(model, rows, seed + step)),
    bytesPerStep: bytes,
    allocatesNothing: isFew || (bytes !== undefined && !handsOnNumbers ? false : undefined),
  };
}

/**
 * Adds a hundredth of the error scale to one element. Undefined if the gradient is wrong already, or all points
 * are kinks.
 */
function spoilOne(measured: MeasuredSlopes, bound: number): SpoiltGradient | undefined {
  const elements = measured.slopes.filter(({ place, slope }) => place.index !== undefined && !slope.isKink);
  const isWrong = !(compareGradient(measured, measured.gradient).relativeError <= bound);
  if (isWrong || elements.length === 0) return undefined;
  const { place, slope } = elements[elements.length >> 1];
  const element = Number(place.direction);
  const wrong = measured.gradient.slice();
  wrong[element] += Math.max(Math.abs(slope.value), measured.floor, Number.MIN_VALUE) / partsOfSpoiling;
  const { worst } = compareGradient(measured, wrong);
  const isFound = worst !== undefined && worst.at === place.at && worst.relativeError > bound;
  return { name: measured.name, at: place.at, isFound };
}

/** The failures of the proof, a sentence for each. */
export function errorsOf({
  bound,
  loss,
  parameters,
  spoilt,
  resuming,
  bytesPerStep,
  allocatesNothing,
}: Proof): string[] {
  const errors: string[] = [];
  if (!(loss.relativeError <= bound))
    errors.push(`the loss is ${loss.trainer}, but ${loss.inDoubles} in double precision`);
  for (const { name, worst, relativeError } of parameters)
    if (worst && !(relativeError <= bound))
      errors.push(
        `the gradient of ${name} is wrong: at ${worst.at} it is ${worst.emitted}, but the slope is ${worst.expected}`,
      );
  for (const { name, at, isFound } of spoilt)
    if (!isFound) errors.push(`the check missed an error: the changed gradient of ${name} at ${at}`);
  const { steps, isResumed, isRepeated } = resuming;
  if (!isResumed)
    errors.push(
      `resuming from a checkpoint after ${steps} steps and taking ${steps} more does not give ` +
        `the result of ${2 * steps} steps`,
    );
  if (!isRepeated) errors.push("two runs with the same seed differ");
  if (allocatesNothing === false) errors.push(`a step allocates ${bytesPerStep} bytes`);
  return errors;
}
