/**
 * The loops: each kernel with the graph nodes fused into it, its operations and the memory that it touches. Text shows the loops as
 * they were fused, one index an axis; JSON has them as scheduled, too, blocked and with every place worked out. Those of the target wasm have a view of their own.
 */
import { printKernel } from "../loop/print.ts";
import { flopsOfKernel } from "./flops.ts";
import { bytesTouched, nodesOf } from "./kernel-facts.ts";
import type { Subject, View } from "./view.ts";
import { wasmKernelsView } from "./wasm-kernels-view.ts";

export function kernelsView(subject: Subject): View {
  const { lowered, programs, model, vectors } = subject.compilation;
  if (vectors !== undefined) return wasmKernelsView(subject, vectors);
  const { batchSize } = model.training;
  const facts = lowered.map((program, p) => ({
    program: program.name,
    kernels: program.kernels.map((kernel, k) => ({
      name: kernel.name,
      nodes: nodesOf(kernel),
      flops: flopsOfKernel(kernel),
      bytes: bytesTouched(kernel, program, batchSize),
      loops: printKernel(kernel),
      scheduled: printKernel(programs[p].kernels[k]),
    })),
  }));
  const text = facts.flatMap(({ program, kernels }) => {
    const flops = kernels.reduce((sum, kernel) => sum + kernel.flops, 0);
    const bytes = kernels.reduce((sum, kernel) => sum + kernel.bytes, 0);
    return [
      `program ${program}: ${kernels.length} kernels, ${flops} FLOP, ${bytes} bytes (batches of ${batchSize} rows)`,
      ...kernels.flatMap((kernel) => [
        "",
        `// ${kernel.nodes.length} nodes, ${kernel.flops} FLOP, ${kernel.bytes} bytes`,
        kernel.loops,
      ]),
      "",
    ];
  });
  return { text: () => text.join("\n"), json: () => facts };
}
