// The script that every engine runs: trains each model in the same way, and returns SHA-256 digests of all
// results. It is copied next to the emitted trainers, with or without its types, so it must not import
// anything.
import type { ModelFacts } from "../../src/runtime/model/facts.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";

/** One model on one target and backend. */
export interface Case {
  readonly name: string;
  /** The trainer's file next to this one, without its extension. */
  readonly file: string;
  /** The backend to select; undefined for the trainer's own choice. */
  readonly backend: string | undefined;
  readonly seed: number;
  /** The batches of single steps. */
  readonly batches: readonly Batch[];
  /** The data of whole epochs. */
  readonly data: Batch;
}

/** Digests in hexadecimal digits, and the backend that ran. */
export interface Digests {
  readonly backend: string;
  readonly parameters: string;
  readonly gradients: string;
  readonly predictions: string;
  readonly losses: string;
  /** Includes the optimizer state. */
  readonly checkpoint: string;
}

interface EmittedModule {
  readonly model: ModelFacts;
  createTrainer(options: { seed: number; backend?: string }): Trainer;
}

/** The digests of each case, by name. `extension`: that of the trainers' files for this engine. */
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

/** Only for finite numbers, because the bits of NaN are not guaranteed. */
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
