// A trainer of texts as the one who writes some. Only trainers of a spec with `nextOf` have this.
import type { Dataset } from "../data/dataset.ts";
import type { DataFacts } from "../data/fields.ts";
import { InputError } from "../core/input-error.ts";
import type { ModelFacts } from "../core/model-facts.ts";
import { countIn, type Flags } from "./program.ts";
import type { Trainable } from "../training/train-on.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { writeTexts, type Drawing } from "../prediction/write-texts.ts";

/** The flags of {@link asWriter}. */
export const writerHelp = `
  --sample N           write N new texts at the end; with --resume, --seed then says which
  --temperature T      0: the likeliest characters; below 1 likelier ones, above 1 bolder ones (1)`;

/** The trainer of a program, as its flags want it. */
export function asWriter(
  trainer: Trainer,
  { model, data }: { model: ModelFacts; data: DataFacts },
  dataset: Dataset,
  flags: Flags,
): Trainable {
  const count = countIn(flags, "--sample");
  const { "--temperature": given } = flags;
  if (given !== undefined && count === undefined) throw new InputError("--temperature is for --sample N");
  const drawing = { count, temperature: temperatureIn(given), seed: countIn(flags, "--seed") };
  return writerOf(trainer, model, data, dataset, drawing);
}

/** The temperature that a flag gives, 1 without one. */
function temperatureIn(text = "1"): number {
  const temperature = text.trim() === "" ? NaN : Number(text);
  if (temperature >= 0 && temperature < Infinity) return temperature;
  throw new InputError(`--temperature must be a number of at least 0, got ${text}`);
}

/** The same trainer; it writes `count` texts, none if it is left out. */
export function writerOf(
  trainer: Trainer,
  model: ModelFacts,
  { targets }: Pick<DataFacts, "targets">,
  { fields }: Pick<Dataset, "fields">,
  { count, temperature = 1, seed = trainer.seed }: Partial<Drawing>,
): Trainable {
  const [{ nextOf: input = "" }] = Object.values(targets);
  const { characters = [] } = fields[fields.length - 1];
  return {
    get epoch() {
      return trainer.epoch;
    },
    evaluateAll: (data) => trainer.evaluateAll(data),
    epochs: (data, options) => trainer.epochs(data, options),
    save: (notes) => trainer.save(notes),
    samples: () =>
      count === undefined
        ? undefined
        : writeTexts(trainer, model, input, characters, { count, temperature, seed }),
  };
}
