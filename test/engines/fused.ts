// The script that every engine runs for modules with fused multiply-add: how far their gradients are from
// those of the plain modules. It is copied next to the emitted trainers, with or without its types, so it
// must not import anything.
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import type { Case } from "./digests.ts";

export interface Fused {
  /** The default backend of the trainer. */
  readonly chosen: string;
  /**
   * The largest difference in a gradient, as a fraction of the largest gradient; undefined if nothing is
   * fused.
   */
  readonly drift?: number;
}

interface EmittedModule {
  createTrainer(options: { seed: number; backend?: string }): Trainer;
}

/** The results by the names of the cases. `extension`: that of the trainers' files for this engine. */
export async function fusedIn(
  cases: readonly Case[],
  extension: "ts" | "js",
): Promise<Record<string, Fused>> {
  const found: Record<string, Fused> = {};
  for (const { name, file, seed, batches } of cases) {
    const { createTrainer }: EmittedModule = await import(`./${file}.${extension}`);
    const gradients = (backend: string): number[] => {
      const trainer = createTrainer({ seed, backend });
      trainer.gradient(batches[0]);
      return Object.values(trainer.gradients).flatMap((values) => Array.from(values));
    };
    const chosen = createTrainer({ seed }).backend;
    found[name] =
      chosen === "relaxed" ? { chosen, drift: drift(gradients("relaxed"), gradients("simd")) } : { chosen };
  }
  return found;
}

function drift(fused: readonly number[], plain: readonly number[]): number {
  const largest = plain.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return fused.reduce((most, x, i) => Math.max(most, Math.abs(x - plain[i])), 0) / largest;
}
