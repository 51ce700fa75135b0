/**
 * Translation validation: before a trainer with WebAssembly is written or run, the two kinds of kernels in
 * its file are compared on random data (`runtime/compare-kernels.ts`). How much is compared follows from the
 * model alone, never from the clock: what two compilations of one spec do is the same.
 */
import { InternalError } from "./diagnostics/errors.ts";
import type { EmittedModule } from "./load-trainer.ts";
import { visitStatements } from "./loop/statements.ts";
import type { KernelDifference } from "../runtime/wasm/compared-sides.ts";
import type { Compilation } from "./pipeline.ts";
import { cyclesByBatch } from "./schedule/vectors/estimate-cycles.ts";

/** With that many the comparison takes a tenth of a second or less; one row alone may take a little longer. */
const mostCycles = 8e6;
const mostOfOneRow = 5e7;
/** To compare and to copy an element of storage once in each program. */
const cyclesOfElement = 8;
/** The estimate knows vectors of f64 to hold half as many numbers, which the TypeScript kernels do not mind. */
const weights = { f32: 1, f64: 0.5 } as const;
/** Instead of a middle number of rows, where that takes too long. */
const fewRows = [9, 5, 3];

/** With how many rows kernels are compared: one, a middle number and all, or as many of these as there is time for. */
export function rowsToCompare({ model, vectors }: Compilation): readonly number[] {
  if (vectors === undefined) return [];
  const { batchSize } = model.training;
  const kernels = vectors.programs.flatMap((program) => program.kernels.map(cyclesByBatch));
  const stored = [...vectors.plan.storage.values()].filter(({ buffer }) => buffer.covers === undefined);
  const bytes = stored.reduce((sum, placement) => sum + placement.bytes, 0);
  const copying = (cyclesOfElement * bytes) / (vectors.float === "f32" ? 4 : 8);
  const cyclesWith = (rows: number): number =>
    kernels.reduce((sum, cycles) => sum + weights[vectors.float] * cycles(rows), copying);
  const middle = Math.min(batchSize, (batchSize >> 1) | 1);
  const choices = [[1, middle, batchSize], [1, middle], ...fewRows.map((rows) => [1, rows])];
  const fits = (counts: readonly number[]): boolean =>
    counts.every((rows) => rows <= batchSize) &&
    counts.reduce((sum, rows) => sum + cyclesWith(rows), 0) <= mostCycles;
  const one = cyclesWith(1) <= mostOfOneRow ? [1] : [];
  return [...new Set(choices.find(fits) ?? one)];
}

/**
 * `commands`: what reproduces a difference, and what does without WebAssembly. Where the host has no
 * WebAssembly, there is nothing to compare.
 *
 * @throws InternalError naming the kernel and the value that differ
 */
export function checkKernels(
  compilation: Compilation,
  { createTrainer }: EmittedModule,
  commands: { readonly reproduce: string; readonly instead: string },
): void {
  const rows = rowsToCompare(compilation);
  if (rows.length === 0) return;
  try {
    createTrainer({ selfCheck: rows });
  } catch (error) {
    const difference = differenceIn(error);
    if (difference === undefined) throw error;
    throw new InternalError(messageOf(compilation, difference, commands));
  }
}

/** An emitted module has error classes of its own, so they are recognised by name. */
function differenceIn(error: unknown): KernelDifference | undefined {
  if (!(error instanceof Error) || error.name !== "KernelsDiffer" || !("difference" in error))
    return undefined;
  return isDifference(error.difference) ? error.difference : undefined;
}

const isDifference = (value: unknown): value is KernelDifference =>
  typeof value === "object" && value !== null && "program" in value && "value" in value;

function messageOf(
  compilation: Compilation,
  { program, rows, value, index, wasm, typescript, noise }: KernelDifference,
  { reproduce, instead }: { readonly reproduce: string; readonly instead: string },
): string {
  const kernel = kernelOf(compilation, program, value);
  return [
    "the WebAssembly kernels of this model compute something else than its TypeScript kernels, so they are not used",
    `  where: ${value}[${index}]${kernel === undefined ? "" : ` of kernel ${kernel}`} in ` +
      `program ${program}, with a batch of ${rows}`,
    `  what: ${wasm} in WebAssembly, ${typescript} in TypeScript; rounding explains a difference ` +
      `of ${noise.toPrecision(2)}`,
    `  to reproduce: ${reproduce}`,
    `  meanwhile: ${instead}`,
  ].join("\n");
}

/** The last kernel of the program that stores the value. */
function kernelOf({ vectors }: Compilation, program: string, value: string): string | undefined {
  const found = vectors?.programs.find(({ name }) => name === program);
  // What an optimizer keeps of one parameter goes by the name of both.
  const names = [value, value.split(" of ")[0]];
  return found?.kernels.findLast(({ body }) => {
    let stores = false;
    visitStatements(body, (s) => {
      if (s.kind !== "store") return;
      const covered = found.buffers.get(s.buffer)?.covers ?? [];
      const storage = found.buffers.get(s.buffer)?.storage;
      stores ||= names.some((name) => [s.buffer, storage, ...covered].includes(name));
    });
    return stores;
  })?.name;
}
