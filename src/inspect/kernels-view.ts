/**
 * The loops: each kernel with the graph nodes fused into it, its operations and the memory that it touches. Text shows the loops as
 * they were fused, one index an axis; JSON has them as scheduled, too, blocked and with every place worked out.
 */
import { sizeOf } from "../ir/types.ts";
import { bytesOfElement } from "../loop/memory.ts";
import { printKernel } from "../loop/print.ts";
import { visitExpressions, visitStatements } from "../loop/statements.ts";
import type { Kernel, LoopProgram } from "../loop/types.ts";
import { flopsOfKernel } from "./flops.ts";
import type { Subject, View } from "./view.ts";

export function kernelsView({ compilation: { lowered, programs, model } }: Subject): View {
  const { batchSize } = model.training;
  const facts = lowered.map((program, p) => ({
    program: program.name,
    kernels: program.kernels.map((kernel, k) => ({
      name: kernel.name,
      nodes: kernel.provenance.map(({ text, layer, gradientOf, rule }) => ({
        text,
        layer,
        gradientOf,
        rule,
      })),
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
  return { text: text.join("\n"), json: facts };
}

/** The sizes of all buffers that the kernel reads or writes, each counted once. */
function bytesTouched({ body }: Kernel, { buffers }: LoopProgram, batchSize: number): number {
  const touched = new Set<string>();
  visitStatements(body, (s) => s.kind === "store" && touched.add(s.buffer));
  visitExpressions(body, (x) => x.kind === "load" && touched.add(x.buffer));
  let bytes = 0;
  for (const name of touched) {
    const buffer = buffers.get(name);
    if (buffer !== undefined) bytes += sizeOf(buffer.shape, batchSize) * bytesOfElement[buffer.element];
  }
  return bytes;
}
