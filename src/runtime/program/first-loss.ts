// The warning about a loss that starts too high: targets or inputs in the hundreds of thousands, for instance.
import { batchFields } from "../step/batch.ts";
import type { ModelFacts } from "../model/facts.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { figureText } from "../training/train-on.ts";
import { say } from "./program.ts";

/** Above this loss, the targets are hundreds away from the first outputs, and a step moves an output by a few units. */
export const highestStart = 1e4;

/** Targets of this size do not explain a high loss: the inputs do. */
export const smallTarget = 10;

/** A warning if the loss of the first batch is too high before the first step; undefined if it is not. */
export function firstLossText(model: ModelFacts, trainer: Trainer, { train }: Dataset): string | undefined {
  if (trainer.epoch > 0) return undefined;
  const [target] = Object.keys(model.targets);
  const batch = Object.fromEntries(
    batchFields(model).map(({ name, size }) => {
      const length = Math.min(train[name].length, model.batchSize * size);
      return [name, Float64Array.from({ length }, (_, i) => train[name][i])];
    }),
  );
  const { loss } = trainer.evaluate(batch);
  if (!(loss > highestStart)) return undefined;
  const size = batch[target].reduce((sum, value) => sum + Math.abs(value), 0) / batch[target].length;
  const [reason, place] =
    size > smallTarget
      ? [`${target} is about ${Number(size.toPrecision(3))}`, `to data.targets.${target}`]
      : ["the inputs are large", "to them in data.inputs"];
  return `the loss starts at ${figureText(loss)}, because ${reason}: add "scale": "standard" ${place}`;
}

/** Prints the warning in a program, before the training. */
export function warnOfFirstLoss(
  trainer: Trainer,
  { model }: { model: ModelFacts },
  dataset: Dataset,
): Trainer {
  const text = firstLossText(model, trainer, dataset);
  if (text !== undefined) say(`warning: ${text}\n`);
  return trainer;
}
