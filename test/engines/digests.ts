// What every engine runs: trains each model the same way, and gives SHA-256 digests of all that comes of it.
// It is copied beside the emitted trainers, with its types or without, and must not import anything.
import type { ModelFacts } from "../../src/runtime/model/facts.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";

/** One model on one target. */
export interface Case {
  readonly name: string;
  /** The trainer's file, beside this one, without its extension. */
  readonly file: string;
  /** What the trainer is told to run on; its own choice if nothing. */
  readonly backend: string | undefined;
  readonly seed: number;
  /** For single steps. */
  readonly batches: readonly Batch[];
  /** For whole epochs. */
  readonly data: Batch;
}

/** In hexadecimal digits, and what ran. */
export interface Digests {
  readonly backend: string;
  readonly parameters: string;
  readonly gradients: string;
  readonly predictions: string;
  readonly losses: string;
  /** With the optimizer's states. */
  readonly checkpoint: string;
}

interface EmittedModule {
  readonly model: ModelFacts;
  createTrainer(options: { seed: number; backend?: string }): Trainer;
}

/** The digests of each case by its name. `extension`: of the trainers' files, as the engine takes them. */
export async function digestsOf(
  cases: readonly Case[],
  extension: "ts" | "js",
): Promise<Record<string, Digests>> {
  const digests: Record<string, Digests> = {};
  for (const one of cases) {
    const module: EmittedModule = await import(`./${one.file}.${extension}`);
    digests[one.name] = await trained(module, one);
  }
  return digests;
}

async function trained({ model, createTrainer }: EmittedModule, one: Case): Promise<Digests> {
  const { seed, backend, batches, data } = one;
  const trainer = createTrainer(backend === undefined ? { seed } : { seed, backend });
  const losses = batches.map((batch) => trainer.step(batch));
  const { epochs } = trainer.fit(data, { epochs: 2, validation: 0.2, earlyStopping: false });
  for (const { loss, metrics, validation = { loss } } of epochs)
    losses.push(loss, ...Object.values(metrics), ...Object.values(validation));
  losses.push(trainer.gradient(batches[0]));
  const inputsOf = (batch: Batch): Batch =>
    Object.fromEntries(Object.keys(model.inputs).map((name) => [name, batch[name]]));
  return {
    backend: trainer.backend,
    parameters: await digest(Object.values(trainer.parameters)),
    gradients: await digest(Object.values(trainer.gradients)),
    predictions: await digest(batches.map((batch) => trainer.predict(inputsOf(batch)))),
    losses: await digest([Float64Array.from(losses)]),
    checkpoint: await hexadecimal(Uint8Array.from(trainer.save())),
  };
}

/** Only of finite numbers: the bits of not-a-number are nobody's promise. */
async function digest(parts: readonly (Float32Array | Float64Array)[]): Promise<string> {
  const bytes = parts.flatMap((part) => {
    if (!part.every(Number.isFinite)) throw new Error("training gave a number that is not finite");
    return [...new Uint8Array(part.buffer, part.byteOffset, part.byteLength)];
  });
  return hexadecimal(Uint8Array.from(bytes));
}

async function hexadecimal(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
