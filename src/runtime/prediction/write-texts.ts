// New texts from a model that tells the next character: drawn one after the other, each from what the model
// expects after those before it.
import { exp } from "../numbers/exponential.ts";
import type { ModelFacts } from "../core/model-facts.ts";
import { randomKey, randomUnit } from "../numbers/random.ts";
import type { Trainer } from "../trainer/trainer.ts";

/** Beside the salts that every trainer has. */
const textSalt = -4;

/**
 * How to draw. The temperature divides the logits: below 1 the likely becomes likelier, at 0 there is nothing
 * but the likeliest.
 */
export interface Drawing {
  count: number;
  temperature: number;
  seed: number;
}

/**
 * So many new texts. Each has a stream of random numbers of its own, so neither their number nor the batch
 * size has a say in them. As in the data, none is empty and none is longer than its input has room for after
 * the mark.
 */
export function writeTexts(
  trainer: Pick<Trainer, "predict">,
  { batchSize, inputs }: ModelFacts,
  input: string,
  characters: readonly string[],
  { count, temperature, seed }: Drawing,
): string[] {
  const [length] = inputs[input].shape;
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
        else texts[row] += characters[drawn - 1];
        batch[row * length + at + 1] = drawn;
      }
    }
    written.push(...texts);
  }
  return written;
}

/**
 * The class in whose stretch of softmax(logits / temperature), those below `first` left out, the number from
 * [0, 1) lies.
 */
function draw(logits: ArrayLike<number>, first: number, temperature: number, unit: number): number {
  let likeliest = first;
  for (let i = first; i < logits.length; i++) if (logits[i] > logits[likeliest]) likeliest = i;
  if (temperature === 0) return likeliest;
  const weights = Array.from(logits, (logit, i) =>
    i < first ? 0 : exp((logit - logits[likeliest]) / temperature),
  );
  let left = unit * weights.reduce((sum, weight) => sum + weight, 0);
  const drawn = weights.findIndex((weight) => (left -= weight) < 0);
  // Rounding may leave a rest after the last stretch.
  return drawn < 0 ? likeliest : drawn;
}
