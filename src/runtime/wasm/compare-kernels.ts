// Compares the WebAssembly kernels of a trainer with its TypeScript kernels on random data.
import { disturbStart, fillBatch } from "./compared-data.ts";
import { ComparedSides } from "./compared-sides.ts";
import type { ComparedFacts, ComparedSide, KernelDifference } from "./compared-sides.ts";
import type { Machine } from "../step/machine.ts";
import type { ModelFacts } from "../model/facts.ts";

/** The error for WebAssembly kernels and TypeScript kernels that compute different values. */
export class KernelsDiffer extends Error {
  readonly difference: KernelDifference;
  constructor(difference: KernelDifference) {
    const { program, rows, value, index, wasm, typescript, noise } = difference;
    const where = `in the program ${program}, with ${rows} ${rows === 1 ? "row" : "rows"}, ${value}[${index}]`;
    super(
      `the WebAssembly kernels differ from the TypeScript kernels: ${where} is ${wasm}, not ${typescript} ` +
        `(rounding explains at most ${noise.toPrecision(2)}). Use createTrainer({ backend: "ts" }) instead.`,
    );
    this.name = "KernelsDiffer";
    this.difference = difference;
  }
}

const drawing = {
  /**
   * A difference counts only if it occurs with two seeds. With a single seed, a number may be at a kink by
   * chance.
   */
  seeds: [1, 2, 3, 4, 5, 6],
  shown: 2,
  /**
   * Some seeds draw smaller numbers. Large numbers may overflow in f32 on only one side, which must not count
   * as a difference.
   */
  scales: [1, 1 / 4, 1 / 16],
  /** The size of inputs that are beyond the range of int32: 2³³. */
  wide: 8_589_934_592,
};

/** One row, about half a batch (an odd number if possible), and a full batch. */
const comparedRows = (batchSize: number): number[] => [
  ...new Set([1, Math.min(batchSize, (batchSize >> 1) | 1), batchSize]),
];

/**
 * Compares the kernels for each number of rows in `requested`; `true` selects one row, about half a batch and a
 * full batch. `machine` must be newly initialised and must use the arena of `wasm`. The state of the machine
 * is restored at the end.
 *
 * @throws KernelsDiffer
 */
export function compareKernels(
  model: ModelFacts,
  machine: Machine,
  facts: ComparedFacts,
  wasm: ComparedSide,
  typescript: ComparedSide,
  requested: true | readonly number[],
): void {
  const sides = new ComparedSides(model, facts, wasm, typescript);
  const initial = machine.state.slice();
  const states = sides.views(initial.length);
  const startWith = (seed: number, scale: number): Uint8Array => {
    sides.setStored(initial);
    disturbStart(model, states, seed, scale);
    return sides.storedUntil(initial.length);
  };
  // The initial state for the first seed is computed only once and then reused, because the other seeds are
  // rarely needed.
  const first = startWith(drawing.seeds[0]!, drawing.scales[0]!);
  const compareWith = (rows: number, wide = 0): void => {
    const found: KernelDifference[] = [];
    for (const [i, seed] of drawing.seeds.entries()) {
      const scale = drawing.scales[i % drawing.scales.length]!;
      sides.setStored(i === 0 ? first : startWith(seed, scale));
      fillBatch(model, sides.views(Infinity, rows), seed, wide || scale);
      const difference = sides.firstDifference({ rows, seed, wide });
      if (difference !== undefined) found.push(difference);
      if (found.length === drawing.shown) throw new KernelsDiffer(found[0]!);
      if (found.length === 0 && (wide > 0 || sides.hasGradients())) return;
    }
  };
  const counts = requested === true ? comparedRows(model.batchSize) : requested;
  for (const rows of counts) compareWith(rows);
  if (counts.length > 0) compareWith(counts[0]!, drawing.wide);
  new Uint8Array(wasm.f.buffer, wasm.f.byteOffset, facts.arenaBytes).fill(0);
  machine.state.set(initial);
}
