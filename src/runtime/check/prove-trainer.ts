/** The proof of a trainer on the machine that runs it. */
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
 * How far a gradient may be from central differences of the loss in double precision. A number of b bits is
 * off by u = 2⁻ᵇ of itself, and some thousand roundings lie between the loss and a derivative:
 *
 *     |gradient − slope| ≤ 2¹² · u · max(|gradient|, |slope|, floor)      with b = 24: 2⁻¹² ≈ 2.4e-4
 *
 * The floor is there because sums cancel: an element that comes out small carries the rounding of what it was
 * summed from, which is of the size of its tensor's mean, and of a tensor whose gradient is zero in exact
 * arithmetic nothing else is left. In f64 the same would be 5e-13, less than what differences can tell: there
 * the bound is theirs.
 */
interface Tolerance {
  /** The largest relative error that is none. */
  readonly bound: number;
  /** The least that errors are relative to, given the mean size of this gradient and the largest such mean. */
  floorOf(mean: number, largest: number): number;
}

export const tolerances: Readonly<Record<"f32" | "f64", Tolerance>> = {
  f32: { bound: 1 / 4096, floorOf: (mean, largest) => Math.max(mean, largest / 256) },
  f64: { bound: 1e-6, floorOf: (_mean, largest) => 1e-3 * largest },
};

// The proof of a trainer, on the machine that it is to run on. Its gradients are held against slopes of a
// loss that never saw a derivative: the forward part of the same spec, compiled a second time, for doubles.
// So an error of differentiation, of a kernel, of the target or of this machine's engine shows alike.

/** What a check knows about its spec. */
export interface CheckFacts {
  readonly specHash: string;
  /** Of the batch. */
  readonly rows: number;
  /** Operations of one value of the loss of these rows. */
  readonly flops: number;
  /**
   * Whether V8 is known to leave numbers of this model on its heap, 16 bytes each: in recurrences, and in
   * transformers with dropout, it does not always take calls apart. They hide whatever else a step might
   * leave there.
   */
  readonly handsOnNumbers: boolean;
}

/** A trainer, and what it is held against. */
export interface Checked {
  readonly model: ModelFacts;
  createTrainer(options: { seed?: number }): Trainer;
  /** The training loss of a batch in double precision, as a function of parameters; `seed` as that of the trainer. */
  createLoss(batch: Batch, seed: number): CheckedLoss;
  readonly facts: CheckFacts;
}

/** A gradient with one element wrong on purpose, and whether that was found there. */
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
  /** Undefined where the host does not tell, or not after so few steps. */
  readonly bytesPerStep: number | undefined;
  /** Whether a step allocates no more than the numbers that it hands on; undefined where that cannot be told. */
  readonly allocatesNothing: boolean | undefined;
}

const seed = 1;
/** Operations of the slopes, and of the steps before allocations are counted: some seconds each, at most. */
const budget = 5e9;
const budgetOfSteps = 1e9;
/** A step takes about so many values of the loss. */
const valuesOfStep = 3;
/** One part in so many is added to an element that is spoilt. */
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
 * Adds a hundredth of what errors are relative to to one element; nothing where the gradient is wrong
 * already, or the loss has kinks alone.
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

/** What of the proof does not hold, a sentence for each. */
export function faultsOf({
  bound,
  loss,
  parameters,
  spoilt,
  resuming,
  bytesPerStep,
  allocatesNothing,
}: Proof): string[] {
  const faults: string[] = [];
  if (!(loss.relativeError <= bound))
    faults.push(`the loss is ${loss.trainer}, but ${loss.inDoubles} in double precision`);
  for (const { name, worst, relativeError } of parameters)
    if (worst && !(relativeError <= bound))
      faults.push(
        `the gradient of ${name} is wrong: at ${worst.at} it is ${worst.emitted}, but the slope is ${worst.expected}`,
      );
  for (const { name, at, isFound } of spoilt)
    if (!isFound) faults.push(`the check is blind: it did not find the spoilt gradient of ${name} at ${at}`);
  const { steps, isResumed, isRepeated } = resuming;
  if (!isResumed)
    faults.push(`${steps} steps, a checkpoint and ${steps} steps are not what ${2 * steps} steps are`);
  if (!isRepeated) faults.push("two runs with the same seed differ");
  if (allocatesNothing === false) faults.push(`a step allocates ${bytesPerStep} bytes`);
  return faults;
}
