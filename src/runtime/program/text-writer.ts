// Samples new texts from a model that predicts the next character.
import type { Dataset } from "../data/dataset.ts";
import type { DataFacts } from "../data/fields.ts";
import type { ModelFacts } from "../model/facts.ts";
import { exp } from "../numbers/exponential.ts";
import { randomKey, randomUnit } from "../numbers/random.ts";
import { InputError } from "../step/errors.ts";
import type { Trainer } from "../trainer/trainer.ts";
import type { Trainable } from "../training/train-on.ts";
import { countIn } from "./program.ts";
import type { Flags } from "./program.ts";

/** The salt of random numbers for sampling. Trainers use other salts. */
const textSalt = -4;

/**
 * The settings of sampling. The logits are divided by the temperature. Below 1, likely characters become even
 * more likely. At 0, the most likely character is always taken.
 */
export interface Drawing {
  count: number;
  temperature: number;
  seed: number;
}

/** The options that the flags set. An absent option has its default. */
interface DrawingOptions {
  count?: number | undefined;
  temperature?: number | undefined;
  seed?: number | undefined;
}

/**
 * Samples `count` texts. Each text has its own random stream, so it does not depend on `count` or on the
 * batch size. As in the data, no text is empty or too long for the input.
 */
export function writeTexts(
  trainer: Pick<Trainer, "predict">,
  { batchSize, inputs }: ModelFacts,
  input: string,
  characters: readonly string[],
  { count, temperature, seed }: Drawing,
): string[] {
  const length = inputs[input]!.shape[0]!;
  const classes = characters.length + 1;
  const written: string[] = [];
  for (let start = 0; start < count; start += batchSize) {
    const n = Math.min(batchSize, count - start);
    const batch = new Int32Array(n * length);
    const texts = Array.from({ length: n }, () => "");
    const open = new Set(texts.keys());
    for (let at = 0; at < length - 1 && open.size > 0; at++) {
      const logits = trainer.predict({ [input]: batch });
      for (const row of open) {
        const from = (row * length + at) * classes;
        const unit = randomUnit(randomKey(seed, start + row, textSalt), at);
        const drawn = draw(logits.subarray(from, from + classes), at === 0 ? 1 : 0, temperature, unit);
        if (drawn === 0) open.delete(row);
        else texts[row]! += characters[drawn - 1]!;
        batch[row * length + at + 1] = drawn;
      }
    }
    written.push(...texts);
  }
  return written;
}

/**
 * Samples a class from softmax(logits / temperature), without the classes before `first`. `unit` is a random
 * number in [0, 1).
 */
function draw(logits: ArrayLike<number>, first: number, temperature: number, unit: number): number {
  let likeliest = first;
  for (let i = first; i < logits.length; i++) if (logits[i]! > logits[likeliest]!) likeliest = i;
  if (temperature === 0) return likeliest;
  const weights = Array.from(logits, (logit, i) =>
    i < first ? 0 : exp((logit - logits[likeliest]!) / temperature),
  );
  let left = unit * weights.reduce((sum, weight) => sum + weight, 0);
  const drawn = weights.findIndex((weight) => (left -= weight) < 0);
  // Rounding may leave `left` positive after the last class.
  return drawn < 0 ? likeliest : drawn;
}

/** Help lines for the flags of `asWriter`. */
export const writerHelp = `
  --sample N           generate N texts after training; with --resume, --seed is their seed
  --temperature T      sampling temperature; 0 picks the likeliest character (default: 1)`;

/** Wraps the trainer so that it samples texts according to the flags. */
export function asWriter(
  trainer: Trainer,
  { model, data }: { model: ModelFacts; data: DataFacts },
  dataset: Dataset,
  flags: Flags,
): Trainable {
  const count = countIn(flags, "--sample");
  const { "--temperature": given } = flags;
  if (given !== undefined && count === undefined) throw new InputError("--temperature needs --sample N");
  const drawing = { count, temperature: temperatureIn(given), seed: countIn(flags, "--seed") };
  return writerOf(trainer, model, data, dataset, drawing);
}

/** Returns the temperature that the flag states, 1 by default. */
function temperatureIn(text = "1"): number {
  const temperature = text.trim() === "" ? NaN : Number(text);
  if (temperature >= 0 && temperature < Infinity) return temperature;
  throw new InputError(`--temperature must be a number of at least 0, got ${text}`);
}

/** Wraps a trainer so that it samples `count` texts at the end, or none if `count` is undefined. */
export function writerOf(
  trainer: Trainer,
  model: ModelFacts,
  { targets }: Pick<DataFacts, "targets">,
  { fields }: Pick<Dataset, "fields">,
  { count, temperature = 1, seed = trainer.seed }: DrawingOptions,
): Trainable {
  const { nextOf: input = "" } = Object.values(targets)[0]!;
  const { characters = [] } = fields[fields.length - 1]!;
  return {
    get epoch() {
      return trainer.epoch;
    },
    evaluateAll: (data) => trainer.evaluateAll(data),
    epochs: (data, options) => trainer.epochs(data, options),
    save: (metadata) => trainer.save(metadata),
    samples: () =>
      count === undefined
        ? undefined
        : writeTexts(trainer, model, input, characters, { count, temperature, seed }),
  };
}
