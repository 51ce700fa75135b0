/** Loads an emitted trainer in this process: strips the types from its text and imports it from memory. */
import type { ModelFacts } from "../runtime/model/facts.ts";
import type { Trainer } from "../runtime/trainer/trainer.ts";
import type { TrainerOptions } from "../runtime/wasm/wasm-kernels.ts";

/**
 * The exports of an emitted module. `predict()` of its trainers returns one array, even if the model has
 * several targets.
 */
export interface EmittedModule {
  readonly model: ModelFacts;
  createTrainer(options?: TrainerOptions): Trainer;
}

/**
 * Starts the transpiler's process early, so that it is ready when a trainer is loaded. If the start fails,
 * loading a trainer reports the error.
 */
export function startTranspiler(): void {
  import("esbuild").then(({ transform }) => transform("")).catch(() => {});
}

/** Loads a trainer from its text. `code` must be the compiler's output, because it is executed. */
export async function loadTrainer(code: string): Promise<EmittedModule> {
  const { transform } = await import("esbuild");
  const { code: plain } = await transform(code, { loader: "ts", format: "esm", target: "node20" });
  const module: EmittedModule & { readonly createFlatTrainer?: EmittedModule["createTrainer"] } =
    await import(`data:text/javascript;base64,${Buffer.from(plain).toString("base64")}`);
  const { model, createFlatTrainer } = module;
  return createFlatTrainer === undefined ? module : { model, createTrainer: createFlatTrainer };
}

/** Whether training diverged. An emitted module has its own error classes, so the name is compared. */
export const hasDiverged = (error: unknown): error is Error =>
  error instanceof Error && error.name === "TrainingDiverged";
