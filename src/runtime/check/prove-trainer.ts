/**
 * Verifies a trainer on the machine that runs it. Gradients are compared with slopes of an independent loss,
 * which is the forward pass of the same spec, compiled separately in double precision. This detects errors in
 * differentiation, in kernels, in the compilation target and in the JavaScript engine.
 */
import type { ModelFacts } from "../model/facts.ts";
import type { Batch } from "../step/batch.ts";
import type { Backend } from "../step/machine.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { randomBatch, informativeBatch } from "./batches.ts";
import { compareGradient, measureSlopes } from "./check-gradients.ts";
import type { CheckedLoss, MeasuredSlopes, ParameterCheck } from "./check-gradients.ts";
import { bytesPerStep, checkResuming, fewNumbers } from "./check-steps.ts";
import type { ResumeCheck } from "./check-steps.ts";

/**
 * The largest accepted difference between a gradient and the slope, which is computed from central
 * differences of the loss in double precision. A number with b significant bits has a relative rounding error
 * of u = 2⁻ᵇ, and a gradient accumulates up to a few thousand (2¹²) rounding errors:
 *
 *     |gradient − slope| ≤ 2¹² · u · max(|gradient|, |slope|, floor)      with b = 24: 2⁻¹² ≈ 2.4e-4
 *
 * The floor is needed because the terms of a sum may cancel. The error of the small result is then the
 * rounding error of its terms, which are about as large as the mean magnitude of its tensor. In f64, this
 * formula would yield 5e-13. Differences of the loss are less accurate than that, so the bound in f64 is
 * larger.
 */
interface Tolerance {
  /** The largest relative error that counts as rounding. */
  readonly bound: number;
  /**
   * Returns the smallest denominator of a relative error. `mean` is the mean magnitude of this gradient, and
   * `largest` is the largest such mean of all gradients.
   */
  floorOf(mean: number, largest: number): number;
}

export const tolerances: Readonly<Record<"f32" | "f64", Tolerance>> = {
  f32: { bound: 1 / 4096, floorOf: (mean, largest) => Math.max(mean, largest / 256) },
  f64: { bound: 1e-6, floorOf: (_mean, largest) => 1e-3 * largest },
};

/** Facts about the spec that the compiler writes into a check. */
export interface CheckFacts {
  readonly specHash: string;
  /** The number of rows of the batch. */
  readonly rows: number;
  /** Floating-point operations of one evaluation of the loss for these rows. */
  readonly flops: number;
  /**
   * Whether V8 allocates numbers (16 bytes each) for this model. It does so in recurrences and in
   * transformers with dropout, where it does not inline all calls. These allocations would hide other
   * allocations.
   */
  readonly allocatesNumbers: boolean;
}

/** A trainer, and the loss with which it is compared. */
export interface Checked {
  readonly model: ModelFacts;
  createTrainer(options: { seed?: number | undefined }): Trainer;
  /**
   * Creates the training loss of a batch in doubles, as a function of the parameters. `seed` is the seed of
   * the trainer.
   */
  createLoss(batch: Batch, seed: number): CheckedLoss;
  readonly facts: CheckFacts;
}

/** A gradient with an intentional error in one element, and whether the check found this error. */
interface AlteredGradient {
  readonly name: string;
  readonly at: string;
  readonly isFound: boolean;
}

export interface Proof {
  readonly backend: Backend;
  /** The largest relative error that counts as rounding. */
  readonly bound: number;
  readonly loss: { readonly trainer: number; readonly inDoubles: number; readonly relativeError: number };
  readonly parameters: readonly ParameterCheck[];
  readonly altered: readonly AlteredGradient[];
  readonly resuming: ResumeCheck;
  /** The number of allocated bytes; undefined if the host cannot measure it. */
  readonly bytesPerStep: number | undefined;
  /** Whether a step allocates nothing except the few numbers that it returns; undefined if unknown. */
  readonly allocatesNothing: boolean | undefined;
}

const seed = 1;
/**
 * Budgets in floating-point operations for the slopes and for the measurement of allocations. Each takes a
 * few seconds.
 */
const budget = 5e9;
const budgetOfSteps = 1e9;
/** The cost of a step, as a multiple of one evaluation of the loss. */
const valuesOfStep = 3;
/** An intentional error is the larger of the slope and the floor, divided by this number. */
const fractionOfAltering = 100;

export function proveTrainer({ model, createTrainer, createLoss, facts }: Checked): Proof {
  const { rows, flops, allocatesNumbers } = facts;
  const { bound, floorOf } = tolerances[model.dtype];
  const trainer = createTrainer({ seed });
  const batch = informativeBatch(model, trainer, rows, seed);
  const loss = createLoss(batch, trainer.seed);
  for (const [name, values] of Object.entries(loss.parameters)) values.set(trainer.parameters[name]!);
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
    altered: measured.flatMap((each) => alterOne(each, bound) ?? []),
    resuming: checkResuming(createTrainer, (step) => randomBatch(model, rows, seed + step)),
    bytesPerStep: bytes,
    allocatesNothing: isFew || (bytes !== undefined && !allocatesNumbers ? false : undefined),
  };
}

/**
 * Adds an intentional error to one element, and compares again. Returns undefined if the gradient is already
 * wrong, or if all elements are at kinks.
 */
function alterOne(measured: MeasuredSlopes, bound: number): AlteredGradient | undefined {
  const elements = measured.slopes.filter(({ place, slope }) => place.index !== undefined && !slope.isKink);
  const isWrong = !(compareGradient(measured, measured.gradient).relativeError <= bound);
  if (isWrong || elements.length === 0) return undefined;
  const { place, slope } = elements[elements.length >> 1]!;
  const element = Number(place.direction);
  const wrong = measured.gradient.slice();
  wrong[element]! += Math.max(Math.abs(slope.value), measured.floor, Number.MIN_VALUE) / fractionOfAltering;
  const { worst } = compareGradient(measured, wrong);
  const isFound = worst !== undefined && worst.at === place.at && worst.relativeError > bound;
  return { name: measured.name, at: place.at, isFound };
}

/** Returns a sentence for each claim that is false. */
export function errorsOf({
  bound,
  loss,
  parameters,
  altered,
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
  for (const { name, at, isFound } of altered)
    if (!isFound) errors.push(`the check missed an error put into the gradient of ${name} at ${at}`);
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
