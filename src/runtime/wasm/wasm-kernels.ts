// Starts the WebAssembly kernels of a trainer, if the host supports them.
import { InputError, checkTrainerOptions } from "../step/errors.ts";
import type { Backend } from "../step/machine.ts";
import type { ModelFacts } from "../model/facts.ts";
import { checkWhole } from "../step/session.ts";
import { compileWasm, wasmBackends, wasmFunctions, wasmMemory } from "./wasm-engine.ts";
import type { CompiledWasm, WasmFacts, WasmFunction } from "./wasm-engine.ts";
import { mayShareMemory, startWorkers, workerName } from "./wasm-workers.ts";

/** Options of createTrainer. */
export interface TrainerOptions {
  /** The random seed (0 to 4294967295), by default the seed of the spec. */
  seed?: number;
  /** What runs the kernels, by default the fastest that this host supports. */
  backend?: Backend;
  /**
   * The number of threads that share the kernels' work, including this one; 1 by default. Results have the same
   * bits for any number. Where this thread may not wait (the main thread of a page), or memory cannot be
   * shared, it works alone.
   */
  threads?: number;
  /**
   * Compares the WebAssembly kernels with the TypeScript kernels first, on random data, and throws if they
   * differ: for 1, a middle number and `batchSize` rows, or for the listed numbers. The trainer is the same as
   * without the comparison.
   */
  selfCheck?: boolean | readonly number[];
}

/** The programs over a memory. */
export interface WasmKernels {
  readonly backend: Backend;
  readonly memory: ArrayBufferLike;
  /** The offset of the arena in the memory. */
  readonly at: number;
  readonly programs: Record<string, WasmFunction>;
  readonly staging: Staging;
}

/** Batches next to each other: one call takes a step with each. */
export interface Staging {
  /** The number of batches that fit. */
  readonly slots: number;
  /** The distance in bytes from the batch in the arena to the first of them, and from each to the next. */
  readonly shift: number;
  readonly stride: number;
  /** The losses of the last call. */
  readonly losses: Float64Array;
  /**
   * Takes `count` steps, starting with the batch number `slot`, over the first `slots` batches of `rows` rows
   * each, the last of `lastRows`. Writes their losses. Returns the number of steps: it stops before the update
   * of a step whose loss is not finite.
   */
  run(count: number, slot: number, slots: number, rows: number, lastRows: number): number;
}

/** Limits: bytes and number of staged batches, steps per call, threads. */
const stagedBytes = 0x100000;
const mostSlots = 64;
const mostSteps = 1024;
const mostThreads = 64;

/**
 * Starts the kernels. Undefined if the TypeScript kernels run instead. `meta` is the import.meta of the file.
 */
export function startWasm(
  model: ModelFacts,
  facts: WasmFacts,
  math: Record<string, WasmFunction>,
  meta: { url?: string },
  options: TrainerOptions,
): WasmKernels | undefined {
  checkTrainerOptions(options);
  const { backend, threads: asked = 1 } = options;
  const threads = Math.min(mostThreads, checkWhole("threads", asked, 1));
  if (backend === "ts") return undefined;
  if (backend !== undefined && !wasmBackends.includes(backend))
    throw new InputError(`backend must be "relaxed", "simd" or "ts", got ${JSON.stringify(backend)}`);
  try {
    const isShared = threads > 1 && facts.controlBytes > 0 && meta.url !== undefined && mayShareMemory();
    const compiled = compileWasm(facts, backend, isShared);
    return instantiate(model, facts, math, compiled, isShared ? threads : 1, meta.url);
  } catch (error) {
    if (backend === undefined) return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`the backend "${backend}" cannot run here: ${reason}`);
  }
}

/**
 * The memory contains the arena, the scratch space of each thread, the control block, losses, and staged
 * batches.
 */
function instantiate(
  model: ModelFacts,
  { base, memoryBytes, scratchBytes, controlBytes, inputAt, inputBytes }: WasmFacts,
  math: Record<string, WasmFunction>,
  compiled: CompiledWasm,
  threads: number,
  url = "",
): WasmKernels {
  const { backend } = compiled;
  const slots = Math.max(1, Math.min(mostSlots, Math.floor(stagedBytes / inputBytes)));
  const control = memoryBytes + threads * scratchBytes;
  const lossesAt = control + controlBytes;
  const stagedAt = lossesAt + 8 * mostSteps;
  const memory = wasmMemory(stagedAt + slots * inputBytes, threads > 1);
  const settings = Array.from({ length: threads }, (_, thread) => ({
    memory,
    control,
    threads,
    scratch: memoryBytes + thread * scratchBytes,
  }));
  const programs = wasmFunctions(compiled, settings[0], math);
  if (threads > 1) startWorkers(url, workerName(model), backend, settings.slice(1));
  return {
    backend,
    memory: memory.buffer,
    at: base,
    programs,
    staging: {
      slots,
      shift: stagedAt - inputAt,
      stride: inputBytes,
      losses: new Float64Array(memory.buffer, lossesAt, mostSteps),
      run: (count, slot, staged, rows, lastRows) =>
        programs.steps(count, stagedAt, slot, staged, rows, lastRows, lossesAt),
    },
  };
}
