// Measures the peak speed of 128-bit SIMD in this engine with the kernel of ../peak-kernel.ts, which does not
// access memory.
import { readFileSync } from "node:fs";

export async function prepare(_, { module, iterations }) {
  const { instance } = await WebAssembly.instantiate(readFileSync(module));
  const { run } = instance.exports;
  return { run: (count) => void run(count * iterations), loss: () => 0 };
}
