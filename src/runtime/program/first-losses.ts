// The warning about losses that start too high, for models with several targets.
import type { Dataset, DatasetContext } from "../data/dataset.ts";
import { columnFactsOf } from "../data/fields.ts";
import { batchFields } from "../step/batch.ts";
import { figureText } from "../training/train-on.ts";
import type { Trainable } from "../training/train-on.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { highestStart, smallTarget } from "./first-loss.ts";
import { say } from "./program.ts";

/** A target whose loss starts too high, and the warning. */
export interface HighLoss {
  readonly target: string;
  readonly text: string;
}

/** The unscaled real targets whose loss is too high on the first batch, before the first step. */
export function highFirstLosses(
  { model, data }: Pick<DatasetContext, "model" | "data">,
  trainer: Trainer,
  { train }: Dataset,
): HighLoss[] {
  if (trainer.epoch > 0) return [];
  const batch = batchFields(model).map(({ name, size }) => {
    const values = train[name] ?? [];
    const length = Math.min(values.length, model.batchSize * size);
    return { name, values: Array.from(values).slice(0, length) };
  });
  const summary = trainer.evaluate(Object.fromEntries(batch.map(({ name, values }) => [name, values])));
  return batch.flatMap(({ name, values }) => {
    const loss = summary[`${name}.loss`] ?? 0;
    const isPlain =
      name in model.targets &&
      model.targets[name]?.classes === undefined &&
      columnFactsOf(data, name).scale === undefined;
    if (!isPlain || !(loss > highestStart)) return [];
    const size = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
    const [reason, place] =
      size > smallTarget
        ? [`${name} is about ${Number(size.toPrecision(3))}`, `to data.targets.${name}`]
        : ["the inputs are large", "to them in data.inputs"];
    const found = `the loss of ${name} starts at ${figureText(loss)}, because ${reason}`;
    return [{ target: name, text: `${found}: add "scale": "standard" ${place}` }];
  });
}

/** Prints the warnings in a program, before training, and wraps the trainer with `wrap`. */
export const warnOfFirstLosses =
  (wrap: (trainer: Trainer, context: DatasetContext, dataset: Dataset) => Trainable) =>
  (trainer: Trainer, context: DatasetContext, dataset: Dataset): Trainable => {
    for (const { text } of highFirstLosses(context, trainer, dataset)) say(`warning: ${text}\n`);
    return wrap(trainer, context, dataset);
  };

/** The trainer itself. */
export const unwrapped = (trainer: Trainer): Trainable => trainer;
