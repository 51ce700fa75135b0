// The peak speed of 128-bit SIMD in this engine: runs the kernel of ../peak-kernel.ts, which accesses no
// memory.
import { readFileSync } from "node:fs";

export async function prepare(_, { module, iterations }) {
  const { instance } = await WebAssembly.instantiate(readFileSync(module));
  const { run } = instance.exports;
  return { run: (count) => void run(count * iterations), loss: () => 0 };
}
