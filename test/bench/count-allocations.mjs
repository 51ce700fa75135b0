// Runs in a process of its own, with --expose-gc and room for young objects: prints how many bytes 5,000
// steps leave on the heap.
import { readFileSync } from "node:fs";
import { getHeapStatistics } from "node:v8";

const [, , modulePath, batchPath] = process.argv;
const { createTrainer } = await import(modulePath);
const batch = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(batchPath, "utf8"))).map(([name, values]) => [
    name,
    Float64Array.from(values),
  ]),
);
const trainer = createTrainer();
const run = (steps) => {
  let worst = 0;
  for (let step = 0; step < steps; step++) worst = Math.max(worst, trainer.step(batch));
  return worst;
};
// Until the engine has compiled all it wants to; what it keeps for that is not the step's.
run(20_000);
globalThis.gc();
run(1_000);
globalThis.gc();
const before = getHeapStatistics().used_heap_size;
const worst = run(5_000);
const bytes = getHeapStatistics().used_heap_size - before;
process.stdout.write(JSON.stringify({ bytes, isFinite: Number.isFinite(worst) }));
