// What every engine runs of the modules whose multiplications and additions are fused: how far they stray
// from the plain ones. It is copied beside the emitted trainers, with its types or without, and must not
// import anything.
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import type { Case } from "./digests.ts";

export interface Fused {
  /** What the trainer runs on when it is told nothing. */
  readonly chosen: string;
  /** The largest difference in a gradient, as a share of the largest gradient; none where nothing is fused. */
  readonly drift?: number;
}

interface EmittedModule {
  createTrainer(options: { seed: number; backend?: string }): Trainer;
}

/** By the cases' names. `extension`: of the trainers' files, as the engine takes them. */
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
