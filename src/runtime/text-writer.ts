// A trainer of texts as the one who writes some, and the characters that its numbers stand for in checkpoints. Only trainers of a
// spec with `nextOf` have this.
import { noteIn, withNote } from "./checkpoint.ts";
import type { Dataset } from "./dataset.ts";
import type { DataFacts } from "./fields.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts } from "./model-facts.ts";
import { countIn, placed, reading, type Flags } from "./program.ts";
import type { Trainable } from "./train-on.ts";
import type { Trainer } from "./trainer.ts";
import { writeTexts, type Drawing } from "./write-texts.ts";

/** The flags of {@link asWriter}. */
export const writerHelp = `
  --sample N           write N new texts at the end; with --resume, --seed then says which
  --temperature T      0: the likeliest characters; below 1 likelier ones, above 1 bolder ones (1)`;

/** The trainer of a program, as its flags want it. */
export async function asWriter(
  trainer: Trainer,
  { model, data }: { model: ModelFacts; data: DataFacts },
  dataset: Dataset,
  flags: Flags,
): Promise<Trainable> {
  const count = countIn(flags, "--sample");
  const { "--temperature": given, "--resume": resume } = flags;
  if (given !== undefined && count === undefined) throw new InputError("--temperature is for --sample N");
  if (resume !== undefined) {
    const checkpoint = await reading(resume, (files) => files.readFile(resume));
    placed(resume, () => checkCharacters(checkpoint, dataset));
  }
  const drawing = { count, temperature: temperatureIn(given), seed: countIn(flags, "--seed") };
  return writerOf(trainer, model, data, dataset, drawing);
}

/** The temperature that a flag gives, 1 without one. */
function temperatureIn(text = "1"): number {
  const temperature = text.trim() === "" ? NaN : Number(text);
  if (temperature >= 0 && temperature < Infinity) return temperature;
  throw new InputError(`--temperature must be a number of at least 0, got ${text}`);
}

/** The same trainer; it writes `count` texts (none if it is left out), and its checkpoints say what its numbers stand for. */
export function writerOf(
  trainer: Trainer,
  model: ModelFacts,
  { targets }: Pick<DataFacts, "targets">,
  { fields }: Pick<Dataset, "fields">,
  { count, temperature = 1, seed = trainer.seed }: Partial<Drawing>,
): Trainable {
  const [{ nextOf: input = "" }] = Object.values(targets);
  return {
    get epoch() {
      return trainer.epoch;
    },
    evaluateAll: (data) => trainer.evaluateAll(data),
    epochs: (data, options) => trainer.epochs(data, options),
    save: () => withNote(trainer.save(), "characters", fittedCharacters(fields)),
    samples: () =>
      count === undefined
        ? undefined
        : writeTexts(trainer, model, input, fittedCharacters(fields)[input], { count, temperature, seed }),
  };
}

/** The characters of each input of texts; the target is last. */
function fittedCharacters(fields: Dataset["fields"]): Record<string, readonly string[]> {
  const entries = fields
    .slice(0, -1)
    .flatMap(({ name, characters }) => (characters ? [[name, characters] as const] : []));
  return Object.fromEntries(entries);
}

/** Throws if the checkpoint is of texts with other characters: its numbers then stand for others than those of this data. */
export function checkCharacters(checkpoint: Uint8Array, { fields }: Pick<Dataset, "fields">): void {
  const trained = JSON.stringify(noteIn(checkpoint, "characters"));
  const found = JSON.stringify(fittedCharacters(fields));
  // A checkpoint that a trainer saved itself does not know what its numbers stand for.
  if (trained === undefined || trained === found) return;
  throw new InputError(
    `the checkpoint was trained on texts of other characters: ${trained}; the training part has ${found}`,
  );
}
