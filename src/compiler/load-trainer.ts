/** From the text of an emitted trainer to the trainer, in this process: strips types and imports it from memory. */
import type { ModelFacts } from "../runtime/model/facts.ts";
import type { Trainer } from "../runtime/trainer/trainer.ts";
import type { TrainerOptions } from "../runtime/wasm/wasm-kernels.ts";

/** The exports of an emitted module. */
export interface EmittedModule {
  readonly model: ModelFacts;
  createTrainer(options?: TrainerOptions): Trainer;
}

/** Starts the transpiler's process early, so that it is ready to load a text. A failure shows when a text is loaded. */
export function startTranspiler(): void {
  import("esbuild").then(({ transform }) => transform("")).catch(() => {});
}

/** `code` must be the compiler's output, because it is run. */
export async function loadTrainer(code: string): Promise<EmittedModule> {
  const { transform } = await import("esbuild");
  const { code: plain } = await transform(code, { loader: "ts", format: "esm", target: "node20" });
  const module: EmittedModule = await import(
    `data:text/javascript;base64,${Buffer.from(plain).toString("base64")}`
  );
  return module;
}

/** Whether training diverged. An emitted module has its own error classes, so errors are recognised by name. */
export const hasDiverged = (error: unknown): error is Error =>
  error instanceof Error && error.name === "TrainingDiverged";
