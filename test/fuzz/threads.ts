/**
 * Compares the results of one thread and of two threads, bit for bit. Kernels of small models are too short
 * to be shared by threads. Therefore, the spec is compiled again with every parallel loop marked, however
 * short the loop is.
 */
import { emitText } from "../../src/compiler/compile-target.ts";
import { scheduleVectors } from "../../src/compiler/pipeline.ts";
import type { Compilation, VectorPrograms } from "../../src/compiler/pipeline.ts";
import { targets } from "../../src/compiler/targets.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import type { EmittedModule } from "../../src/compiler/load-trainer.ts";
import type { FuzzData } from "./random-batch.ts";

/** The programs on vectors, with every possible loop marked parallel. */
export function withThreads({ lowered, model, plan }: Compilation, float: "f32" | "f64"): VectorPrograms {
  const { batchSize } = model.training;
  const storage = new Map([...plan.storage].map(([name, { buffer }]) => [name, buffer]));
  return scheduleVectors(lowered, { batchSize, float, storage, minCycles: 0 });
}

/** The trainer for f32, with every possible loop marked parallel. */
export async function compileWithThreads(compilation: Compilation): Promise<EmittedModule> {
  const vectors = withThreads(compilation, "f32");
  const text = await emitText({ ...compilation, target: "wasm", entry: targets.wasm, vectors }, "f32", {
    isFormatted: false,
    isProgram: false,
  });
  return loadTrainer(text);
}

/** The first difference between a trainer with two threads and one with one; undefined if there is none. */
export function threadsDifference(
  { createTrainer }: EmittedModule,
  { parameters, batches }: FuzzData,
): string | undefined {
  const [one, two] = [1, 2].map((threads) => createTrainer({ seed: 7, threads }));
  for (const trainer of [one, two])
    for (const [name, view] of Object.entries(trainer.parameters)) view.set(parameters[name]);
  for (const [step, batch] of batches.entries()) {
    const losses = [one, two].map((trainer) => trainer.step(batch));
    if (!Object.is(losses[0], losses[1])) return `loss of step ${step}: ${losses[0]} and ${losses[1]}`;
    for (const [name, view] of Object.entries(one.parameters)) {
      const other = two.parameters[name];
      const at = view.findIndex((value, i) => !Object.is(value, other[i]));
      if (at >= 0) return `${name} [${at}] after step ${step}: ${view[at]} and ${other[at]}`;
    }
  }
  return undefined;
}
