// What a trainer looks like from inside at one batch: activations, gradients, and how far a step would move
// each parameter.
import { distributionOf, type Distribution } from "../core/distribution.ts";
import type { Machine, Numbers } from "../core/machine.ts";
import type { ModelFacts } from "../core/model-facts.ts";
import { rowsOf, slotsOf, type Batch } from "../core/slots.ts";
import type { Trainer } from "./trainer.ts";
import type { StepReport, StepWatch } from "./watched-steps.ts";

/** Units of a layer that have stopped to answer. */
export interface IdleUnits {
  /**
   * "zero": of a layer that ends with relu, a unit that is exactly 0 (dead: no gradient passes; Lu et al.,
   * "Dying ReLU and initialization", 2020). "saturated": of one that ends with a squashing function, a unit
   * in the outer 3 % of its range,
   * |y| > 0.97 for tanh, as Karpathy's "Building makemore, part 3" counts them.
   */
  rule: "zero" | "saturated";
  /**
   * How many of `of` units obey the rule in every row, and every place, of the batch. A unit is an index of
   * the last axis: a channel of an image.
   */
  units: number;
  of: number;
  /** The share, 0 to 1, of all values that obey it. */
  share: number;
}

/** What a layer gave for the batch, in training mode. */
export interface LayerProbe {
  name: string;
  /** Without the batch axis. */
  shape: readonly number[];
  activations: Distribution;
  /** Of layers that end with relu, tanh, sigmoid or their hard forms. */
  idle?: IdleUnits;
}

/** A trainable parameter, as the batch would move it. */
export interface ParameterProbe {
  name: string;
  weights: Distribution;
  /** Of the loss, before clipping and decay. */
  gradients: Distribution;
  /**
   * ‖Δw‖ and ‖Δw‖ / ‖w‖ of the step that this batch would take now; the ratio is absent where ‖w‖ = 0. About
   * 0.001 is usual.
   */
  updateNorm: number;
  updateRatio?: number;
}

/** What probe() finds. */
export interface Probe {
  /** Optimizer steps taken before. */
  step: number;
  rows: number;
  /** Of the batch, with regularization. */
  loss: number;
  /** In the order of the network; those that only arrange what others gave are absent. */
  layers: LayerProbe[];
  parameters: ParameterProbe[];
}

/** A trainer that can be looked into. */
export interface ProbingTrainer extends Trainer {
  /**
   * Looks at one batch. It computes the gradients of the batch as gradient() does, and takes a step with them
   * that it takes back: all that training depends on is left as it was, to the bit, and `gradients` are those
   * of this batch. About the cost of three steps.
   */
  probe(batch: Batch): Probe;
  /**
   * `listener` is told of every step that steps(), epochs() and fit() take; it may probe. Undefined: nobody
   * is. Results do not change.
   */
  onStep(listener: ((step: StepReport) => void) | undefined): void;
}

/**
 * A layer as the emitter describes it. `idle`: the rule, and for "saturated" the bounds within which a value
 * is not.
 */
export interface ProbedLayer {
  name: string;
  shape: number[];
  idle?: { rule: "zero" | "saturated"; low: number; high: number };
}

/** The compiled part of probing. */
export interface ProbingMachine {
  /** Forward in training mode over the first n rows: writes the layers' values. */
  forward(n: number): void;
  /** By layer, room for `batchSize` rows each. */
  readonly values: Record<string, Numbers>;
  /** What steps move: the parameters, or the weights that these are an average of. */
  readonly weights: Record<string, Numbers>;
  /** One element: that of the last step. */
  readonly learningRate: Float64Array;
}

/** Makes a trainer one that can be looked into. */
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
      const [before, rate] = [machine.state.slice(), learningRate[0]];
      const loss = trainer.gradient(batch);
      const rows = rowsOf(slots, batch);
      forward(rows);
      const old = Object.keys(machine.gradients).map((name) => ({ name, from: weights[name].slice() }));
      machine.update(rows);
      const parameters = old.map(({ name, from }) =>
        moved(name, from, weights[name], machine.gradients[name]),
      );
      machine.state.set(before);
      learningRate[0] = rate;
      return {
        step: machine.step[0],
        rows,
        loss,
        layers: layers.map((layer) => seen(layer, values[layer.name], rows / model.batchSize)),
        parameters,
      };
    },
    onStep(listener: ((step: StepReport) => void) | undefined): void {
      watch.listener = listener;
    },
  });
}

/** ‖Δw‖ / ‖w‖ with w as it was before the step. */
function moved(name: string, from: Numbers, to: Numbers, gradient: Numbers): ParameterProbe {
  const weights = distributionOf(from);
  let squares = 0;
  for (let i = 0; i < from.length; i++) squares += (to[i] - from[i]) * (to[i] - from[i]);
  const updateNorm = Math.sqrt(squares);
  return {
    name,
    weights,
    gradients: distributionOf(gradient),
    updateNorm,
    ...(weights.norm > 0 && { updateRatio: updateNorm / weights.norm }),
  };
}

/** `part`: the share of the room that the rows take. */
function seen({ name, shape, idle }: ProbedLayer, room: Numbers, part: number): LayerProbe {
  const values = room.subarray(0, Math.round(room.length * part));
  return {
    name,
    shape,
    activations: distributionOf(values),
    ...(idle && { idle: idleUnits(values, shape.at(-1) ?? 1, idle) }),
  };
}

/** A unit is idle if it is so everywhere. */
function idleUnits(
  values: Numbers,
  of: number,
  { rule, low, high }: NonNullable<ProbedLayer["idle"]>,
): IdleUnits {
  const isIdle = (value: number) => (rule === "zero" ? value === 0 : value < low || value > high);
  const active = new Uint8Array(of);
  let idle = 0;
  for (let i = 0; i < values.length; i++)
    if (isIdle(values[i])) idle++;
    else active[i % of] = 1;
  return { rule, units: active.filter((one) => one === 0).length, of, share: idle / values.length };
}
