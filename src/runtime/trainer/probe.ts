// Instrumented trainers: statistics of activations, gradients and weights for one batch, and a listener for
// steps.
import type { ModelFacts } from "../model/facts.ts";
import { rowsOf, slotsOf } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import type { Machine, Numbers } from "../step/machine.ts";
import { gradientOfBatch } from "../step/session.ts";
import type { TakeSteps } from "../step/session.ts";
import { checkLoss, singleSteps } from "../step/steps.ts";
import type { Trainer } from "./trainer.ts";

/**
 * Summary statistics of numbers. Infinite and NaN values are counted in `notFinite`, and all other statistics
 * ignore them. If no value is finite, the statistics are 0.
 */
export interface Distribution {
  count: number;
  /** The number of infinite and NaN values. */
  notFinite: number;
  min: number;
  max: number;
  mean: number;
  /** The standard deviation, √ of the mean of (x − mean)². */
  std: number;
  /** The Euclidean norm, √Σx². */
  norm: number;
  /** The fraction of values that are exactly 0. */
  zeros: number;
  /**
   * The number of values in each of 32 intervals of equal width from `min` to `max`. A value on a boundary
   * belongs to the higher interval; `max` belongs to the last interval.
   */
  histogram: number[];
}

const intervals = 32;

/**
 * Computes the statistics. Sums are accumulated in doubles and in memory order, so statistics of equal values
 * are bit-identical.
 */
export function distributionOf(values: Numbers): Distribution {
  let [count, sum, squares, zeros, min, max] = [0, 0, 0, 0, Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
    squares += value * value;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const notFinite = values.length - count;
  const histogram = Array.from({ length: intervals }, () => 0);
  if (count === 0) return { count, notFinite, min: 0, max: 0, mean: 0, std: 0, norm: 0, zeros: 0, histogram };
  const mean = sum / count;
  let squaredDeviations = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    squaredDeviations += (value - mean) * (value - mean);
    // If all values are equal, the quotient is 0 / 0 = NaN, and all values belong to the first interval.
    const interval = Math.floor(((value - min) / (max - min)) * intervals) || 0;
    histogram[Math.min(intervals - 1, interval)]!++;
  }
  const [std, norm] = [Math.sqrt(squaredDeviations / count), Math.sqrt(squares)];
  return { count, notFinite, min, max, mean, std, norm, zeros: zeros / count, histogram };
}

/** The result of a step. */
export interface StepReport {
  /** The number of optimizer steps so far, including this step and those of a loaded checkpoint. */
  step: number;
  /** The mean loss over the rows of the step, before the update. */
  loss: number;
  rows: number;
  learningRate: number;
}

/** The current listener for steps, if there is one. */
export interface StepWatch {
  listener?: ((step: StepReport) => void) | undefined;
}

/**
 * Takes the same steps as `others`, with bit-identical results. If there is a listener, takes the steps one at a time
 * and reports each step to the listener.
 */
export const watchedSteps = (watch: StepWatch, others: TakeSteps = singleSteps): TakeSteps =>
  function* (session, data, order, batchSize, count, tally) {
    const { machine, progress } = session;
    if (watch.listener === undefined) return yield* others(session, data, order, batchSize, count, tally);
    const rowsOfStep = session.training.accumulate ? batchSize * session.training.accumulate : batchSize;
    for (let step = 0; step < count; step++) {
      const start = tally.rows % order.length;
      const n = Math.min(rowsOfStep, order.length - start);
      const loss = (session.gradientOf ?? gradientOfBatch)(session, data, order, start, n, batchSize);
      checkLoss(machine, progress.epoch + 1, loss, Math.min(n, batchSize));
      machine.update(n);
      const learningRate = machine.learningRate();
      tally.sum += loss * n;
      tally.rows += n;
      watch.listener?.({ step: machine.step[0]!, loss, rows: n, learningRate });
    }
    return tally.sum / tally.rows;
  };

/** Dead or saturated units of a layer. */
export interface IdleUnits {
  /**
   * The rule for idle values. "zero", after relu: the value is exactly 0, so the gradient is 0 too. A unit
   * with only such values is dead (Lu et al., "Dying ReLU and initialization", 2020). "saturated", after a
   * squashing function: the value is in the outer 3 % of the function's range, such as |y| > 0.97 for tanh
   * (Karpathy, "Building makemore, part 3").
   */
  rule: "zero" | "saturated";
  /**
   * The number of units whose values match the rule in every row and position of the batch. `of` is the
   * number of all units. A unit is an index of the last axis, such as a channel of an image.
   */
  units: number;
  of: number;
  /** The fraction of all values that match the rule. */
  share: number;
}

/** The output of one layer for the batch, computed in training mode. */
export interface LayerProbe {
  name: string;
  /** The shape of the output without the batch axis. */
  shape: readonly number[];
  activations: Distribution;
  /** Present for layers that end with relu, tanh, sigmoid or a hard variant of these. */
  idle?: IdleUnits;
}

/** One trainable parameter, with its gradient and its update for the batch. */
export interface ParameterProbe {
  name: string;
  weights: Distribution;
  /** The gradients of the loss before clipping and weight decay. */
  gradients: Distribution;
  /**
   * The norm ‖Δw‖ of the update in one step with this batch, and the ratio ‖Δw‖ / ‖w‖. The ratio is absent if
   * ‖w‖ = 0. A typical ratio is 0.001.
   */
  updateNorm: number;
  updateRatio?: number;
}

/** The result of probe(). */
export interface Probe {
  /** The number of optimizer steps before the probe. */
  step: number;
  rows: number;
  /** The loss of the batch, including regularization. */
  loss: number;
  /** The layers in the order of the network. Layers that only rearrange values are omitted. */
  layers: LayerProbe[];
  parameters: ParameterProbe[];
}

/** An instrumented trainer. */
export interface ProbingTrainer extends Trainer {
  /**
   * Computes statistics for one batch. To measure the update, takes an optimizer step and undoes it.
   * Afterwards, `gradients` contains the gradients for this batch, but they do not change the training.
   * A probe takes about as long as three steps.
   */
  probe(batch: Batch): Probe;
  /**
   * Calls `listener` after every step of steps(), epochs() and fit(); undefined removes the listener. The
   * listener may call probe(). Results do not change.
   */
  onStep(listener: ((step: StepReport) => void) | undefined): void;
}

/**
 * A layer as the compiler describes it. `idle` is the rule for idle units. For the rule "saturated", values
 * from `low` to `high` are active.
 */
export interface ProbedLayer {
  name: string;
  shape: number[];
  idle?: { rule: "zero" | "saturated"; low: number; high: number };
}

/** The compiled part of an instrumented trainer. */
export interface ProbingMachine {
  /** Runs the forward pass in training mode over the first n rows, and writes the values of the layers. */
  forward(n: number): void;
  /** The output values of each layer, with space for `batchSize` rows. */
  readonly values: Record<string, Numbers>;
  /**
   * The tensors that an optimizer step updates: the parameters, or with weight averaging, the weights that
   * are averaged.
   */
  readonly weights: Record<string, Numbers>;
  /** One element: the learning rate of the last step. */
  readonly learningRate: Float64Array;
}

/** Adds probe() and onStep() to a trainer. */
export function probing(
  trainer: Trainer,
  model: ModelFacts,
  machine: Machine,
  layers: readonly ProbedLayer[],
  { forward, values, weights, learningRate }: ProbingMachine,
  watch: StepWatch,
): ProbingTrainer {
  const slots = slotsOf(model, machine);
  return Object.assign(trainer, {
    probe(batch: Batch): Probe {
      const [before, rate] = [machine.state.slice(), learningRate[0]!];
      const loss = trainer.gradient(batch);
      const rows = rowsOf(slots, batch);
      forward(rows);
      const old = Object.keys(machine.gradients).map((name) => ({ name, from: weights[name]!.slice() }));
      machine.update(rows);
      const parameters = old.map(({ name, from }) =>
        moved(name, from, weights[name]!, machine.gradients[name]!),
      );
      machine.state.set(before);
      learningRate[0] = rate;
      return {
        step: machine.step[0]!,
        rows,
        loss,
        layers: layers.map((layer) => seen(layer, values[layer.name]!, rows / model.batchSize)),
        parameters,
      };
    },
    onStep(listener: ((step: StepReport) => void) | undefined): void {
      watch.listener = listener;
    },
  });
}

/**
 * Computes the statistics of one parameter. `from` contains its values before the step, and `to` its values
 * after the step.
 */
function moved(name: string, from: Numbers, to: Numbers, gradient: Numbers): ParameterProbe {
  const weights = distributionOf(from);
  let squares = 0;
  for (let i = 0; i < from.length; i++) squares += (to[i]! - from[i]!) * (to[i]! - from[i]!);
  const updateNorm = Math.sqrt(squares);
  return {
    name,
    weights,
    gradients: distributionOf(gradient),
    updateNorm,
    ...(weights.norm > 0 && { updateRatio: updateNorm / weights.norm }),
  };
}

/**
 * Computes the statistics of one layer. The array `room` has space for a full batch; `part` is the fraction
 * that the rows fill.
 */
function seen({ name, shape, idle }: ProbedLayer, room: Numbers, part: number): LayerProbe {
  const values = room.subarray(0, Math.round(room.length * part));
  return {
    name,
    shape,
    activations: distributionOf(values),
    ...(idle && { idle: idleUnits(values, shape.at(-1) ?? 1, idle) }),
  };
}

/** Counts the values and the units that match the rule. A unit matches if all its values match. */
function idleUnits(
  values: Numbers,
  of: number,
  { rule, low, high }: NonNullable<ProbedLayer["idle"]>,
): IdleUnits {
  const isIdle = (value: number) => (rule === "zero" ? value === 0 : value < low || value > high);
  const active = new Uint8Array(of);
  let idle = 0;
  for (let i = 0; i < values.length; i++)
    if (isIdle(values[i]!)) idle++;
    else active[i % of] = 1;
  return { rule, units: active.filter((one) => one === 0).length, of, share: idle / values.length };
}
