/** From the text of an emitted trainer to the trainer itself, in this process: types stripped, imported from memory. */
import type { ModelFacts } from "../runtime/model/facts.ts";
import type { Trainer } from "../runtime/trainer/trainer.ts";
import type { TrainerOptions } from "../runtime/wasm/wasm-kernels.ts";

/** What an emitted module exports. */
export interface EmittedModule {
  readonly model: ModelFacts;
  createTrainer(options?: TrainerOptions): Trainer;
}

/**
 * Starts the transpiler's process, so that it is ready once there is a text to load. A failure shows when the
 * text is loaded.
 */
export function startTranspiler(): void {
  import("esbuild").then(({ transform }) => transform("")).catch(() => {});
}

/** `code` must be what the compiler emitted: it is run. */
export async function loadTrainer(code: string): Promise<EmittedModule> {
  const { transform } = await import("esbuild");
  const { code: plain } = await transform(code, { loader: "ts", format: "esm", target: "node20" });
  const module: EmittedModule = await import(
    `data:text/javascript;base64,${Buffer.from(plain).toString("base64")}`
  );
  return module;
}

/** Whether a training diverged. An emitted module has error classes of its own, so they are recognised by name. */
export const hasDiverged = (error: unknown): error is Error =>
  error instanceof Error && error.name === "TrainingDiverged";
