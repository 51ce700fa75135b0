// Warns about a first loss that is too high, for instance because targets are in the hundreds of thousands.
import { batchFields } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import type { ModelFacts } from "../model/facts.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { figureText } from "../training/train-on.ts";
import { say } from "./program.ts";

/**
 * If a squared loss is above this value, targets differ from the first outputs by more than 100, but a step
 * moves an output by only a few units.
 */
export const highestStart = 1e4;

/**
 * If the mean magnitude of targets is at most this value, the targets do not explain a high loss, so the
 * inputs must be too large.
 */
const smallTarget = 10;

/** Returns the rows of the first batch. */
export function firstBatch(model: ModelFacts, train: Batch): Record<string, Float64Array> {
  const fields = batchFields(model).map(({ name, size }): [string, Float64Array] => {
    const length = Math.min(train[name]!.length, model.batchSize * size);
    return [name, Float64Array.from({ length }, (_, i) => train[name]![i]!)];
  });
  return Object.fromEntries(fields);
}

/** Returns a warning that says why a loss is high, and which scale lowers it. `values` contains targets. */
export function highLossText(what: string, loss: number, target: string, values: Float64Array): string {
  const size = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  const [reason, place] =
    size > smallTarget
      ? [`${target} is about ${Number(size.toPrecision(3))}`, `to data.targets.${target}`]
      : ["the inputs are large", "to them in data.inputs"];
  return `${what} starts at ${figureText(loss)}, because ${reason}: add "scale": "standard" ${place}`;
}

/**
 * Returns a warning if the loss of the first batch is too high before the first step. Otherwise returns
 * undefined.
 */
export function firstLossText(model: ModelFacts, trainer: Trainer, { train }: Dataset): string | undefined {
  if (trainer.epoch > 0) return undefined;
  const target = Object.keys(model.targets)[0]!;
  const batch = firstBatch(model, train);
  const { loss } = trainer.evaluate(batch);
  return loss > highestStart ? highLossText("the loss", loss, target, batch[target]!) : undefined;
}

/** Prints the warning in a program, before training. */
export function warnOfFirstLoss(
  trainer: Trainer,
  { model }: { model: ModelFacts },
  dataset: Dataset,
): Trainer {
  const text = firstLossText(model, trainer, dataset);
  if (text !== undefined) say(`warning: ${text}\n`);
  return trainer;
}
