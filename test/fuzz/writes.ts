/**
 * Checks that kernels write only to their buffers. Each kernel runs separately, in the order of its program,
 * on memory that is filled with different numbers. Afterwards, only the buffers to which its loops store may
 * have changed. (Rows after the end of a short batch may also be written, because they are never read.) With
 * two threads, a kernel that threads may share runs in parts.
 */
import { assembleWasm } from "../../src/compiler/emit/wasm/wasm-module.ts";
import type { WasmModule } from "../../src/compiler/emit/wasm/wasm-module.ts";
import { sizeOf } from "../../src/compiler/ir/types.ts";
import { bytesOfElement } from "../../src/compiler/loop/types.ts";
import type { Buffer, Kernel, LoopProgram, MemoryPlan, Placement } from "../../src/compiler/loop/types.ts";
import { visitStatements } from "../../src/compiler/loop/statements.ts";
import type { VectorPrograms } from "../../src/compiler/pipeline.ts";
import { instantiate } from "../support/run-wasm.ts";
import type { Running } from "../support/run-wasm.ts";
import type { FuzzData } from "./random-batch.ts";
import { randomOf } from "./random.ts";

/** A program of one kernel. */
interface Single {
  readonly program: LoopProgram;
  readonly kernel: Kernel;
  /** The position of the kernel in its program. */
  readonly number: number;
  /** The name of that program. */
  readonly of: string;
}

/** A range of bytes; the end is not included. */
type Range = readonly [start: number, end: number];

/** Each kernel as a separate program, with the same memory plan. */
function singlesOf({ programs, plan }: VectorPrograms): { singles: readonly Single[]; plan: MemoryPlan } {
  const singles = programs.flatMap((program) =>
    program.kernels.map((kernel, i) => ({
      kernel,
      number: i,
      of: program.name,
      program: { ...program, name: `${program.name}_${i}`, kernels: [kernel] },
    })),
  );
  const temporaries = new Map(
    singles.map(({ program, of }) => [
      program.name,
      plan.temporaries.get(of) ?? new Map<string, Placement>(),
    ]),
  );
  return { singles, plan: { ...plan, temporaries } };
}

function storedBuffers({ kernel, program }: Single): readonly Buffer[] {
  const names = new Set<string>();
  visitStatements(kernel.body, (s) => s.kind === "store" && names.add(s.buffer));
  return [...names].flatMap((name) => program.buffers.get(name) ?? []);
}

/**
 * Fills memory with different numbers from 0.5 to 1. Integers are 0 or 1, because they may be indices into a
 * table.
 */
function fill(running: Running, plan: MemoryPlan, float: "f32" | "f64", bytes: number): void {
  const random = randomOf(1, 1);
  const { buffer } = running.memory;
  const numbers =
    float === "f32" ? new Float32Array(buffer, 0, bytes >> 2) : new Float64Array(buffer, 0, bytes >> 3);
  for (let i = 0; i < numbers.length; i++) numbers[i] = 0.5 + 0.5 * random.unit();
  const placements = [plan.storage, ...plan.temporaries.values()].flatMap((each) => [...each.values()]);
  for (const placement of placements)
    if (placement.buffer.element === "i32")
      running.view(placement).forEach((_, i, view) => (view[i] = i & 1));
}

/** Writes the parameters and a batch to storage. */
function setStorage(running: Running, plan: MemoryPlan, { parameters, batches: [batch] }: FuzzData): void {
  for (const [name, values] of [...Object.entries(parameters), ...Object.entries(batch)]) {
    const placement = plan.storage.get(name);
    if (placement !== undefined) running.view(placement).set(Array.from(values));
  }
}

/** The ranges that the kernel may write, in order. */
function rangesOf(
  single: Single,
  plan: MemoryPlan,
  module: WasmModule,
  batchSize: number,
  threads: number,
): readonly Range[] {
  const { memoryBytes, scratchBytes, base } = module;
  const ranges = storedBuffers(single).map((buffer): Range => {
    if (buffer.isScratch === true) return [memoryBytes, memoryBytes + threads * scratchBytes];
    const placement =
      plan.temporaries.get(single.program.name)?.get(buffer.name) ?? plan.storage.get(buffer.name);
    if (placement === undefined) throw new Error(`${buffer.name} has no place in memory`);
    const start = base + placement.offset;
    return [start, start + sizeOf(buffer.shape, batchSize) * bytesOfElement[buffer.element]];
  });
  return ranges.toSorted(([a], [b]) => a - b);
}

/** Returns the first byte outside the ranges that has changed. */
function changedOutside(before: Uint8Array, after: Uint8Array, ranges: readonly Range[]): number | undefined {
  let start = 0;
  for (const [from, to] of [...ranges, [after.length, after.length] as const]) {
    if (from > start && Buffer.compare(before.subarray(start, from), after.subarray(start, from)) !== 0)
      return before.findIndex((byte, i) => i >= start && i < from && byte !== after[i]);
    start = Math.max(start, to);
  }
  return undefined;
}

/** A description of the buffer that contains a byte of memory. */
function placeOf(
  at: number,
  { program, number }: Single,
  plan: MemoryPlan,
  { base, memoryBytes }: WasmModule,
): string {
  if (at < base || at >= memoryBytes) return `byte ${at}, outside of the arena`;
  const placements = [...plan.storage.values(), ...(plan.temporaries.get(program.name)?.values() ?? [])];
  const before = placements
    .filter(({ lifetime: [first, last] = [number, number] }) => first <= number && number <= last)
    .filter(({ buffer, offset }) => buffer.covers === undefined && base + offset <= at)
    .toSorted((a, b) => b.offset - a.offset);
  const [nearest] = before;
  if (nearest === undefined) return `byte ${at - base} of the arena`;
  return `byte ${at - base - nearest.offset} of ${nearest.buffer.name} (${nearest.bytes} bytes)`;
}

/**
 * Describes the first kernel that writes outside its buffers, for each of the row counts `rows`. Returns
 * undefined if there is none.
 */
export async function strayWrite(
  vectors: VectorPrograms,
  batchSize: number,
  data: FuzzData,
  { rows, threads }: { readonly rows: readonly number[]; readonly threads: 1 | 2 },
): Promise<string | undefined> {
  const { float } = vectors;
  const { singles, plan } = singlesOf(vectors);
  const programs = singles.map(({ program }) => program);
  const module = await assembleWasm(programs, plan, { float, batchSize });
  const bytes = module.memoryBytes + threads * module.scratchBytes;
  for (const n of rows) {
    const running = instantiate(module, { threads });
    fill(running, plan, float, bytes);
    setStorage(running, plan, data);
    const memory = new Uint8Array(running.memory.buffer, 0, bytes);
    for (const single of singles) {
      const before = memory.slice();
      running.call(single.program.name, n);
      const at = changedOutside(before, memory, rangesOf(single, plan, module, batchSize, threads));
      if (at === undefined) continue;
      const where = placeOf(at, single, plan, module);
      return `${single.of}, kernel ${single.kernel.name}, with ${n} of ${batchSize} rows: writes to ${where}`;
    }
  }
  return undefined;
}
