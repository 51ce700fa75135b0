// An emitted trainer as a contender. A call takes one step or many steps.
import { pathToFileURL } from "node:url";

export async function prepare({ data, batches }, { module, target, threads, together = false }) {
  const { createTrainer } = await import(pathToFileURL(module).href);
  const trainer = await createTrainer(threads === undefined ? {} : { threads });
  // Without WebAssembly, such a trainer would use its TypeScript kernels, which are not the subject of this
  // measurement.
  if (target === "wasm" && trainer.backend === "ts")
    throw new Error("its WebAssembly does not run in this engine");
  const note = target === "wasm" ? `kernels: ${trainer.backend}` : undefined;
  let loss = NaN;
  if (together) {
    if (typeof trainer.steps !== "function") throw new Error("no steps() in this trainer");
    return { run: (count) => void (loss = trainer.steps(data, count)), loss: () => loss, note };
  }
  let at = 0;
  const run = (count) => {
    for (let i = 0; i < count; i++) {
      loss = trainer.step(batches[at]);
      at = at + 1 === batches.length ? 0 : at + 1;
    }
  };
  return { run, loss: () => loss, note };
}
