/**
 * In a worker: a module of what the compiler emitted. What is imported is our compiler's output alone, never
 * a text of the user's.
 */
import type { ModelFacts } from "../../../runtime/core/model-facts.ts";
import type { Trainer } from "../../../runtime/trainer/trainer.ts";

export interface EmittedModule {
  readonly model: ModelFacts;
  createTrainer(): Trainer;
}

/** @param script the emitted module without its types */
export async function importEmitted(script: string): Promise<EmittedModule> {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const module: EmittedModule = await import(address);
  URL.revokeObjectURL(address);
  return module;
}
