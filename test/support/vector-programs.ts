// Runs loop programs of the WebAssembly target in the interpreter: on vectors, and in parts like threads.
import type { Graph } from "../../src/compiler/ir/nodes.ts";
import { integer, rowsVariable, substitute } from "../../src/compiler/loop/expressions.ts";
import type { Kernel, LoopProgram } from "../../src/compiler/loop/types.ts";
import { evaluateProgram } from "../../src/compiler/loop/evaluate.ts";
import type { LoopMemory, Sizes } from "../../src/compiler/loop/evaluate-expressions.ts";
import { computeByteAddresses } from "../../src/compiler/schedule/compute-addresses.ts";
import { storageFor } from "./run-loops.ts";
import { afterStage, loweredGraph, scheduledVectors, planOf } from "./stages.ts";
import type { Lowered } from "./run-loops.ts";

export interface VectorRun {
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  /** Changes the scheduled program, whose accesses still have one index per axis. */
  readonly change?: (program: LoopProgram) => LoopProgram;
  readonly skip?: readonly string[];
}

/** Lowered loops as kernels on vectors. Every loop that threads may share is marked, however short. */
export function onVectors(loops: LoopProgram, { float, batchSize, skip = [] }: VectorRun): LoopProgram {
  const context = { float, batchSize, minCycles: 0 };
  return scheduledVectors(loops, context, { skip: [...skip, "flush-subnormals", "deduplicate-kernels"] });
}

export function vectorLowered(graph: Graph, options: VectorRun): Lowered {
  const { float, batchSize, change = (program) => program, skip = [] } = options;
  const storage = storageFor(graph, float);
  const loops = loweredGraph(graph, { float, batchSize, storage }, skip);
  const changed = change(onVectors(loops, options));
  const program = afterStage(computeByteAddresses, changed, { float, batchSize });
  const sizes = { inBytes: true, mayOverrun: true };
  return { program, storage, plan: planOf([program], storage, batchSize), sizes };
}

/** The values of the loop variable at which a part may start. */
function startsOf(kernel: Kernel, rows: number): number[] {
  const loop = kernel.body.at(-1);
  if (kernel.split === undefined || loop?.kind !== "for") return [];
  const to = substitute(loop.to, new Map([[rowsVariable, integer(rows)]]));
  if (to.kind !== "number") throw new Error(`the end of ${loop.variable} is no number`);
  const { multiple } = kernel.split;
  return Array.from({ length: Math.ceil(to.value / multiple) }, (_, part) => part * multiple);
}

/** The parts of a kernel as kernels, the last part first; the kernel itself if it may not be divided. */
function partsOf(kernel: Kernel, rows: number): readonly Kernel[] {
  const loop = kernel.body.at(-1);
  const starts = startsOf(kernel, rows);
  if (loop?.kind !== "for" || starts.length < 2) return [kernel];
  const parts = starts.map((from, part): Kernel => {
    const to = part + 1 < starts.length ? integer(starts[part + 1]) : loop.to;
    const cut = { ...loop, from: integer(from), to };
    return { ...kernel, name: `${kernel.name}~${part}`, body: [...kernel.body.slice(0, -1), cut] };
  });
  return parts.reverse();
}

/**
 * The program with each part as a separate kernel with its own scratch, in an order that no loop has. Threads
 * may run parts in such an order.
 */
export const inParts =
  (rows: number) =>
  (program: LoopProgram): LoopProgram => ({
    ...program,
    kernels: program.kernels.flatMap((kernel) => partsOf(kernel, rows)),
  });

/** The accesses of one part: the locations that it loads, and the final values of those that it stores. */
interface Traffic {
  readonly loaded: Set<string>;
  readonly stored: Map<string, number>;
}

type Elements = Float64Array | Int32Array;

/** The same elements with recorded reads and writes. A location is a block of memory and a byte offset. */
function watched(elements: Elements, block: number, { loaded, stored }: Traffic): Elements {
  const placeOf = (key: string) =>
    `${block}:${elements.byteOffset + Number(key) * elements.BYTES_PER_ELEMENT}`;
  const isPlace = (key: string | symbol): key is string => typeof key === "string" && /^\d+$/.test(key);
  return new Proxy(elements, {
    get(target, key) {
      if (isPlace(key)) loaded.add(placeOf(key));
      const value: unknown = Reflect.get(target, key);
      return value;
    },
    set(target, key, value: number) {
      if (isPlace(key)) stored.set(placeOf(key), value);
      return Reflect.set(target, key, value);
    },
  });
}

/**
 * Runs the program with its kernels divided into parts. Returns the locations where parts that run at the
 * same time would conflict: one loads what another stores, or they store different numbers.
 */
export function racesOf(program: LoopProgram, memory: LoopMemory, sizes: Sizes): string[] {
  const races: string[] = [];
  const blocks = [...new Set([...memory.values()].map(({ buffer }) => buffer))];
  for (const kernel of program.kernels) {
    const traffic = partsOf(kernel, sizes.rows).map((part) => {
      const own: Traffic = { loaded: new Set(), stored: new Map() };
      const seen = new Map(
        [...memory].map(([name, elements]) => [
          name,
          watched(elements, blocks.indexOf(elements.buffer), own),
        ]),
      );
      evaluateProgram({ ...program, kernels: [part] }, seen, sizes);
      return own;
    });
    traffic.forEach((a, i) =>
      traffic.forEach((b, k) => {
        if (i === k) return;
        for (const [place, value] of a.stored)
          if (b.loaded.has(place) || (b.stored.has(place) && !Object.is(b.stored.get(place), value)))
            races.push(`${kernel.name} at ${place}`);
      }),
    );
  }
  return races;
}
