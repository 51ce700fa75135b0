/**
 * Translation validation. Before a trainer with WebAssembly is written or run, its WebAssembly kernels are
 * compared with its TypeScript kernels on random data (`runtime/wasm/compare-kernels.ts`). The amount of data
 * depends only on the model, not on a clock, so every compilation of a spec makes the same comparison.
 */
import { InternalError } from "./diagnostics/errors.ts";
import { identifierMaker } from "./emit/identifiers.ts";
import { kernelRole, roleName } from "./emit/kernel-roles.ts";
import type { EmittedModule } from "./load-trainer.ts";
import { visitStatements } from "./loop/statements.ts";
import type { KernelDifference } from "../runtime/wasm/compared-sides.ts";
import type { Compilation } from "./pipeline.ts";
import { cyclesByBatch } from "./schedule/vectors/estimate-cycles.ts";

/**
 * Limits on the estimated cycles of the comparison. The first one corresponds to about a tenth of a second;
 * the second one applies if only one row can be compared.
 */
const mostCycles = 8e6;
const mostOfOneRow = 5e7;
/** The estimated number of cycles for copying and comparing one element of storage. */
const cyclesOfElement = 8;
/**
 * Factors that correct the cycle estimate. The estimate for f64 is twice as high, because its vectors have
 * half as many lanes, but the TypeScript kernels have no vectors.
 */
const weights = { f32: 1, f64: 0.5 } as const;
/** The row counts that are tried if half the batch takes too long. */
const fewRows = [9, 5, 3];

/**
 * The row counts of the comparison: 1, about half the batch, and the whole batch. If these take too long,
 * fewer or smaller counts are used.
 */
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
 * Compares the kernels. For the error message, `commands.reproduce` is a command that reproduces a
 * difference, and `commands.instead` one that avoids it. A host without WebAssembly skips the comparison.
 *
 * @throws InternalError with the kernel and the value that differ
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

/** Compares the error's name, because an emitted module has its own error classes. */
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
    "the WebAssembly kernels of this model compute different results from its TypeScript kernels, so they are not used",
    `  where: ${value}[${index}]${kernel === undefined ? "" : ` of kernel ${kernel}`} in ` +
      `program ${program}, with a batch of ${rows}`,
    `  values: ${wasm} in WebAssembly, ${typescript} in TypeScript; rounding accounts for a difference ` +
      `of at most ${noise.toPrecision(2)}`,
    `  to reproduce: ${reproduce}`,
    `  workaround: ${instead}`,
  ].join("\n");
}

/** The name, in the emitted file, of the last kernel of the program that stores the value. */
function kernelOf({ model, vectors }: Compilation, program: string, value: string): string | undefined {
  const found = vectors?.programs.find(({ name }) => name === program);
  // An optimizer state of one parameter is called "STATE of PARAMETER".
  const names = [value, value.split(" of ")[0]];
  const kernel = found?.kernels.findLast(({ body }) => {
    let stores = false;
    visitStatements(body, (s) => {
      if (s.kind !== "store") return;
      const covered = found.buffers.get(s.buffer)?.covers ?? [];
      const storage = found.buffers.get(s.buffer)?.storage;
      stores ||= names.some((name) => [s.buffer, storage, ...covered].includes(name));
    });
    return stores;
  });
  return kernel && identifierMaker([])(roleName(kernelRole(program, kernel, model.optimizer.type)));
}
