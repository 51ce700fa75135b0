// Prints how many bytes 5,000 training steps allocate on the heap. The program must run with --expose-gc and
// a large young generation.
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
// Warm-up, so that the memory that the engine uses for its own compilation does not count.
run(20_000);
globalThis.gc();
run(1_000);
globalThis.gc();
const before = getHeapStatistics().used_heap_size;
const worst = run(5_000);
const bytes = getHeapStatistics().used_heap_size - before;
process.stdout.write(JSON.stringify({ bytes, isFinite: Number.isFinite(worst) }));
