// Warns about losses that start too high, for models with several targets.
import type { Dataset, DatasetContext } from "../data/dataset.ts";
import { columnFactsOf } from "../data/fields.ts";
import type { Trainable } from "../training/train-on.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { firstBatch, highLossText, highestStart } from "./first-loss.ts";
import { say } from "./program.ts";

/** A target whose loss starts too high, and the warning. */
export interface HighLoss {
  readonly target: string;
  readonly text: string;
}

/** Returns the unscaled real targets whose loss is too high on the first batch, before the first step. */
export function highFirstLosses(
  { model, data }: Pick<DatasetContext, "model" | "data">,
  trainer: Trainer,
  { train }: Dataset,
): HighLoss[] {
  if (trainer.epoch > 0) return [];
  const batch = firstBatch(model, train);
  const summary = trainer.evaluate(batch);
  return Object.entries(model.targets).flatMap(([target, { classes }]) => {
    const loss = summary[`${target}.loss`] ?? 0;
    const isScaled = columnFactsOf(data, target).scale !== undefined;
    if (classes !== undefined || isScaled || !(loss > highestStart)) return [];
    return [{ target, text: highLossText(`the loss of ${target}`, loss, target, batch[target]!) }];
  });
}

/** Prints the warnings in a program, before training, and wraps the trainer with `wrap`. */
export const warnOfFirstLosses =
  (wrap: (trainer: Trainer, context: DatasetContext, dataset: Dataset) => Trainable) =>
  (trainer: Trainer, context: DatasetContext, dataset: Dataset): Trainable => {
    for (const { text } of highFirstLosses(context, trainer, dataset)) say(`warning: ${text}\n`);
    return wrap(trainer, context, dataset);
  };

/** Returns the trainer itself. */
export const unwrapped = (trainer: Trainer): Trainable => trainer;
