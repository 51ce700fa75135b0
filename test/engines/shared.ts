// The script that every engine runs for a trainer with threads: waits until a second thread has computed a
// part, then trains, and returns a SHA-256 digest of all results. It is copied next to the emitted trainers,
// with or without its types, so it must not import anything.
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import type { Case } from "./digests.ts";

/** A case, and where the second of two threads has its private memory. Its kernels leave data there. */
export interface SharedCase extends Case {
  readonly roomAt: number;
  readonly roomBytes: number;
}

export interface Shared {
  readonly backend: string;
  /** Whether the trainer's memory is shared between threads. */
  readonly isShared: boolean;
  /** Whether the second thread has computed a part. */
  readonly tookPart: boolean;
  /** The digest of parameters, states, gradients, predictions and losses, in hexadecimal digits. */
  readonly digest: string;
}

interface EmittedModule {
  createTrainer(options: { seed: number; backend?: string; threads: number }): Trainer;
}

/**
 * The results by the names of the cases, for one thread and for two. `extension`: that of the trainers' files
 * for this engine.
 */
export async function sharedIn(
  cases: readonly SharedCase[],
  extension: "ts" | "js",
): Promise<Record<string, Shared>> {
  const found: Record<string, Shared> = {};
  for (const one of cases) {
    const { createTrainer }: EmittedModule = await import(`./${one.file}.${extension}`);
    const { seed, backend } = one;
    for (const threads of [1, 2]) {
      const trainer = createTrainer({ seed, threads, ...(backend === undefined ? {} : { backend }) });
      found[`${one.name} ${threads}`] = await trained(trainer, one);
    }
  }
  return found;
}

/** A thread takes some milliseconds to start, and longer on a busy machine. */
const tries = 400;

async function trained(trainer: Trainer, one: SharedCase): Promise<Shared> {
  const { data, batches } = one;
  const { buffer } = Object.values(trainer.parameters)[0];
  const isShared = typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
  const room = new Uint8Array(buffer, ...(isShared ? [one.roomAt, one.roomBytes] : [0, 0]));
  const tookPart = () => room.some((byte) => byte !== 0);
  const start = trainer.save();
  for (let k = 0; isShared && k < tries && !tookPart(); k++) {
    trainer.steps(data, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  trainer.load(start);
  const losses = [trainer.steps(data, 20), trainer.step(batches[0])];
  const { epochs } = trainer.fit(data, { epochs: 1, validation: 0.2, earlyStopping: false });
  losses.push(...epochs.map(({ loss }) => loss), trainer.gradient(batches[0]));
  const parts = [
    Float64Array.from(losses),
    trainer.save(),
    trainer.predict({ x: batches[0].x }),
    ...Object.values(trainer.gradients),
  ];
  return { backend: trainer.backend, isShared, tookPart: tookPart(), digest: await digest(parts) };
}

async function digest(parts: readonly ArrayBufferView[]): Promise<string> {
  const bytes = parts.flatMap((part) => [...new Uint8Array(part.buffer, part.byteOffset, part.byteLength)]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
