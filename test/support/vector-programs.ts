// Loop programs as the WebAssembly target has them, in the interpreter: on vectors, and as threads would run them.
import type { Graph } from "../../src/ir/nodes.ts";
import { integer, rowsVariable, substitute } from "../../src/loop/expressions.ts";
import type { Kernel, LoopProgram } from "../../src/loop/types.ts";
import { checkLoops } from "../../src/loop/verify.ts";
import { lowerGraph } from "../../src/lower/lower-graph.ts";
import { planMemory } from "../../src/lower/plan-memory.ts";
import { freshIn, placeProgram } from "../../src/schedule/schedule.ts";
import { dropUnitLoops } from "../../src/schedule/vectors/drop-unit-loops.ts";
import { markSplits } from "../../src/schedule/vectors/mark-splits.ts";
import { scheduleVectors } from "../../src/schedule/vectors/schedule-vectors.ts";
import { splitKernels } from "../../src/schedule/vectors/split-kernels.ts";
import { storageFor } from "./run-loops.ts";
import type { Lowered } from "./run-loops.ts";

export interface VectorRun {
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  /** What is done to the scheduled program, whose accesses have one index an axis still. */
  readonly change?: (program: LoopProgram) => LoopProgram;
  readonly skip?: readonly string[];
}

/** Lowered loops as kernels on vectors, every loop that may be shared being marked, however short it is. */
export function onVectors(loops: LoopProgram, { float, batchSize, skip = [] }: VectorRun): LoopProgram {
  const split = splitKernels(loops, batchSize);
  const lean = { ...split, kernels: split.kernels.map((kernel) => dropUnitLoops(kernel, freshIn(kernel))) };
  checkLoops(lean, "drop-unit-loops");
  const scheduled = scheduleVectors(lean, { float, batchSize, skip: new Set(skip) });
  checkLoops(scheduled, "schedule-vectors");
  const marked = markSplits(scheduled, { batchSize, leastCycles: 0 });
  checkLoops(marked, "mark-splits");
  return marked;
}

export function vectorLowered(graph: Graph, options: VectorRun): Lowered {
  const { float, batchSize, change = (program) => program, skip = [] } = options;
  const storage = storageFor(graph, float);
  const loops = lowerGraph(graph, { float, batchSize, storage, skip: new Set(skip) });
  const changed = change(onVectors(loops, options));
  const program = placeProgram(changed, { batchSize, unit: "bytes" });
  checkLoops(program, "place");
  const sizes = { inBytes: true, mayOverrun: true };
  return { program, storage, plan: planMemory([program], storage, batchSize), sizes };
}

/** The values from which a loop's variable may start a part. */
function startsOf(kernel: Kernel, rows: number): number[] {
  const loop = kernel.body.at(-1);
  if (kernel.split === undefined || loop?.kind !== "for") return [];
  const to = substitute(loop.to, new Map([[rowsVariable, integer(rows)]]));
  if (to.kind !== "number") throw new Error(`the end of ${loop.variable} is no number`);
  const { multiple } = kernel.split;
  return Array.from({ length: Math.ceil(to.value / multiple) }, (_, part) => part * multiple);
}

/**
 * Each kernel that may be cut as a kernel a part, the last part first, each with scratch of its own: what an unlucky division among
 * threads comes to.
 */
export const inParts =
  (rows: number) =>
  (program: LoopProgram): LoopProgram => ({
    ...program,
    kernels: program.kernels.flatMap((kernel): readonly Kernel[] => {
      const loop = kernel.body.at(-1);
      const starts = startsOf(kernel, rows);
      if (loop?.kind !== "for" || starts.length < 2) return [kernel];
      const parts = starts.map((from, part): Kernel => {
        const to = part + 1 < starts.length ? integer(starts[part + 1]) : loop.to;
        const cut = { ...loop, from: integer(from), to };
        return { ...kernel, name: `${kernel.name}~${part}`, body: [...kernel.body.slice(0, -1), cut] };
      });
      return parts.reverse();
    }),
  });
