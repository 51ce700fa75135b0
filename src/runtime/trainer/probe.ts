// Instrumented trainers: statistics of activations, gradients and weights for one batch, and a listener for
// steps.
import type { ModelFacts } from "../model/facts.ts";
import { rowsOf, slotsOf } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import type { Machine, Numbers } from "../step/machine.ts";
import type { TakeSteps } from "../step/session.ts";
import { checkLoss, singleSteps } from "../step/steps.ts";
import type { Trainer } from "./trainer.ts";

/**
 * Summary statistics of numbers. Values that are not finite are only counted. If no value is finite, all
 * statistics are 0.
 */
export interface Distribution {
  count: number;
  /** The number of infinite or NaN values. */
  notFinite: number;
  min: number;
  max: number;
  mean: number;
  /** √ of the mean of (x − mean)². */
  std: number;
  /** √Σx² */
  norm: number;
  /** The fraction of values that are exactly 0. */
  zeros: number;
  /**
   * Counts in 32 intervals of equal width from `min` to `max`. A value on a boundary belongs to the higher
   * interval, `max` to the last.
   */
  histogram: number[];
}

const intervals = 32;

/** Computes in doubles and in memory order, so that equal numbers give equal bits. */
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
  let spread = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    spread += (value - mean) * (value - mean);
    // If all values are equal, this is 0 / 0, and they belong to the first interval.
    const place = Math.floor(((value - min) / (max - min)) * intervals) || 0;
    histogram[Math.min(intervals - 1, place)]!++;
  }
  const [std, norm] = [Math.sqrt(spread / count), Math.sqrt(squares)];
  return { count, notFinite, min, max, mean, std, norm, zeros: zeros / count, histogram };
}

/** The result of a step. */
export interface StepReport {
  /** Optimizer steps so far, including this one and those before a checkpoint. */
  step: number;
  /** The mean loss over the rows of the step, before the update. */
  loss: number;
  rows: number;
  learningRate: number;
}

/** The current listener for steps, if any. */
export interface StepWatch {
  listener?: ((step: StepReport) => void) | undefined;
}

/** Takes the same steps as `others`, with the same bits. With a listener, takes them one at a time. */
export const watchedSteps = (watch: StepWatch, others: TakeSteps = singleSteps): TakeSteps =>
  function* (session, data, order, batchSize, count, tally) {
    const { machine, progress, training, gradientOf } = session;
    if (watch.listener === undefined) return yield* others(session, data, order, batchSize, count, tally);
    const rowsOfStep = batchSize * (training.accumulate ?? 1);
    for (let step = 0; step < count; step++) {
      const start = tally.rows % order.length;
      const n = Math.min(rowsOfStep, order.length - start);
      const loss = gradientOf(session, data, order, start, n, batchSize);
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
   * "zero", after relu: the value is exactly 0, so no gradient passes (a dead unit; Lu et al., "Dying ReLU
   * and initialization", 2020). "saturated", after a squashing function: the value is in the outer 3 % of the
   * range, such as |y| > 0.97 for tanh (Karpathy, "Building makemore, part 3").
   */
  rule: "zero" | "saturated";
  /**
   * The number of units, out of `of`, that match the rule in every row and position of the batch. A unit is
   * an index on the last axis, such as a channel of an image.
   */
  units: number;
  of: number;
  /** The fraction of all values that match the rule. */
  share: number;
}

/** The output of a layer for the batch, in training mode. */
export interface LayerProbe {
  name: string;
  /** The shape of the output without the batch axis. */
  shape: readonly number[];
  activations: Distribution;
  /** For layers that end with relu, tanh, sigmoid or their hard forms. */
  idle?: IdleUnits;
}

/** A trainable parameter, and its update for the batch. */
export interface ParameterProbe {
  name: string;
  weights: Distribution;
  /** Gradients of the loss, before clipping and weight decay. */
  gradients: Distribution;
  /**
   * ‖Δw‖ and ‖Δw‖ / ‖w‖ for one step with this batch. The ratio is absent if ‖w‖ = 0. About 0.001 is usual.
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
  /** Layers in the order of the network, without those that only rearrange values. */
  layers: LayerProbe[];
  parameters: ParameterProbe[];
}

/** An instrumented trainer. */
export interface ProbingTrainer extends Trainer {
  /**
   * Reports on one batch. Computes its gradients, takes a step and undoes the step. Afterwards, `gradients`
   * are those of this batch, but training continues with the same bits. Takes as long as about three steps.
   */
  probe(batch: Batch): Probe;
  /**
   * Calls `listener` after every step of steps(), epochs() and fit(); undefined removes the listener. The
   * listener may call probe(). Results do not change.
   */
  onStep(listener: ((step: StepReport) => void) | undefined): void;
}

/**
 * A layer as the compiler describes it. `idle`: the rule, and for "saturated" the bounds of active values.
 */
export interface ProbedLayer {
  name: string;
  shape: number[];
  idle?: { rule: "zero" | "saturated"; low: number; high: number };
}

/** The compiled part of an instrumented trainer. */
export interface ProbingMachine {
  /** Forward pass in training mode over the first n rows: writes the values of the layers. */
  forward(n: number): void;
  /** The values by layer, with room for `batchSize` rows each. */
  readonly values: Record<string, Numbers>;
  /** The tensors that steps update: parameters or, with weight averaging, the weights before averaging. */
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

/** The statistics of one parameter; `from` has its values before the step, `to` after it. */
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

/** The statistics of one layer. `part` is the fraction of `room` that the rows fill. */
function seen({ name, shape, idle }: ProbedLayer, room: Numbers, part: number): LayerProbe {
  const values = room.subarray(0, Math.round(room.length * part));
  return {
    name,
    shape,
    activations: distributionOf(values),
    ...(idle && { idle: idleUnits(values, shape.at(-1) ?? 1, idle) }),
  };
}

/** Counts values and units that match the rule. A unit matches if all its values match. */
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
