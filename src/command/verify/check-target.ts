/**
 * Compares an emitted trainer with the reference interpreter: the loss, all gradients, the predictions, and
 * the evaluation.
 */
import { lossStorage, measureOfSummary, nameIn, outputStorage } from "../../compiler/ir/storage.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { interpret } from "../../compiler/reference/interpret.ts";
import {
  batchStorage,
  parameterStorage,
  rowsIn,
  stateStorage,
} from "../../compiler/reference/program-memory.ts";
import type { Backend } from "../../runtime/step/machine.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";

/** The results of the interpreter for a batch. */
export interface Expected {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly predictions: Float64Array;
  /** Loss and metrics in evaluation mode. */
  readonly summary: ReadonlyMap<string, number>;
}

type Parameters = Readonly<Record<string, ArrayLike<number>>>;

/** The expected results, computed from the differentiated graphs before any pass. */
export function expectedOf(
  { built, derived }: Compilation,
  facts: ModelFacts,
  parameters: Parameters,
  seed: number,
  batch: Batch,
): Expected {
  const rows = rowsIn(facts, batch);
  const storage = new Map<string, Tensor>([
    ...batchStorage(facts, batch),
    ...parameterStorage(facts, parameters),
    ...stateStorage(built.states, seed),
  ]);
  const outputs = interpret(derived.gradient, storage, rows);
  const totals = interpret(derived.evaluate, storage, rows);
  const evaluation = interpret(derived.summarise, totals, rows);
  return {
    loss: outputs.get(lossStorage)?.data[0] ?? NaN,
    gradients: new Map(
      [...outputs].flatMap(([storage, { data }]) => {
        const parameter = nameIn("gradient", storage);
        return parameter === undefined ? [] : [[parameter, data] as const];
      }),
    ),
    predictions: interpret(derived.predict, storage, rows).get(outputStorage)?.data ?? new Float64Array(0),
    summary: new Map(
      [...evaluation].map(([storage, { data }]) => [measureOfSummary(storage) ?? storage, data[0]]),
    ),
  };
}

/** The largest relative errors; see `distance`. */
export interface TargetCheck {
  readonly target: ModelFacts["target"];
  readonly backend: Backend;
  readonly dtype: "f32" | "f64";
  readonly loss: number;
  readonly gradients: number;
  /** The parameter with the worst gradient, if there are parameters. */
  readonly worst?: string | undefined;
  readonly predictions: number;
  /** The largest error of the loss and the metrics. */
  readonly summary: number;
  readonly holds: boolean;
}

/** The largest relative errors that rounding may cause. */
const tolerances = { f32: 2e-4, f64: 1e-9 } as const;

export function checkTarget(
  { model, createTrainer }: EmittedModule,
  backend: Backend,
  parameters: Parameters,
  seed: number,
  batch: Batch,
  expected: Expected,
): TargetCheck {
  const trainer = createTrainer({ seed, backend });
  for (const [name, values] of Object.entries(parameters)) trainer.parameters[name].set(values);
  const inputs = Object.fromEntries(Object.keys(model.inputs).map((name) => [name, batch[name]]));
  const predictions = distance(trainer.predict(inputs), expected.predictions, 0);
  const evaluation = trainer.evaluate(batch);
  // In f32, rounding may change whether a prediction counts as correct, so only the loss is compared.
  const compared = [...expected.summary].filter(([name]) => model.dtype === "f64" || name === "loss");
  const summary = Math.max(...compared.map(([name, value]) => distance([evaluation[name]], [value], 0)));
  const loss = distance([trainer.gradient(batch)], [expected.loss], 0);
  // A gradient that is zero in exact arithmetic is rounding noise, so its error is relative to the largest
  // gradient.
  const floor = 3e-3 * Math.max(0, ...[...expected.gradients.values()].map(meanSize));
  const distances = [...expected.gradients].map(
    ([name, values]) => [name, distance(trainer.gradients[name], values, floor)] as const,
  );
  const gradients = Math.max(0, ...distances.map(([, error]) => error));
  const worst = distances.find(([, error]) => error === gradients)?.[0];
  const { target, dtype } = model;
  const holds = [loss, gradients, predictions, summary].every((error) => error <= tolerances[dtype]);
  return { target, backend, dtype, loss, gradients, worst, predictions, summary, holds };
}

const meanSize = (list: ArrayLike<number>): number =>
  Array.from(list).reduce((sum, x) => sum + Math.abs(x), 0) / (list.length || 1);

/** The largest |a − b| / (|b| + mean |b|). */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>, floor: number): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = Math.max(meanSize(expected), floor) || 1e-3;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / (scale + Math.abs(expected[i]));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
  }
  return worst;
}
