// Starts the WebAssembly kernels of a trainer, if the host supports them.
import { InputError, checkTrainerOptions } from "../step/errors.ts";
import type { Backend } from "../step/machine.ts";
import type { ModelFacts } from "../model/facts.ts";
import { checkWhole } from "../step/session.ts";
import { compileWasm, wasmBackends, wasmFunctions, wasmMemory } from "./wasm-engine.ts";
import type { CompiledWasm, WasmFacts, WasmFunction } from "./wasm-engine.ts";
import { mayShareMemory, startWorkers, workerName } from "./wasm-workers.ts";
import type { ThreadSource } from "./wasm-workers.ts";

/** Options of createTrainer. */
export interface TrainerOptions {
  /** The random seed (0 to 4294967295), by default the seed of the spec. */
  seed?: number | undefined;
  /** The kind of kernels to run. The default is the fastest backend that this host supports. */
  backend?: Backend;
  /**
   * The number of threads that share the work of the kernels, including the current thread; 1 by default.
   * Results are bit-identical for any number of threads. Threads need shared memory, and the current thread
   * must be allowed to wait for the others. On the main thread of a page, or without shared memory, the
   * current thread works alone.
   */
  threads?: number;
  /**
   * Whether createTrainer compares the WebAssembly kernels with the TypeScript kernels on random data. It
   * throws an error if they differ. `true` compares batches of 1 row, of about half of `batchSize` rows, and
   * of `batchSize` rows. A list contains the numbers of rows to compare instead. The comparison does not
   * affect the trainer.
   */
  selfCheck?: boolean | readonly number[];
}

/** The compiled programs, and the memory that they use. */
export interface WasmKernels {
  readonly backend: Backend;
  readonly memory: ArrayBufferLike;
  /** The offset of the arena in the memory. */
  readonly at: number;
  readonly programs: Record<string, WasmFunction>;
  readonly staging: Staging;
}

/** Memory for several batches, and a function that takes a step with each of them in one call. */
export interface Staging {
  /** The number of batches that fit. */
  readonly slots: number;
  /**
   * Distances in bytes: `shift` is from the batch in the arena to the first slot, and `stride` from each slot
   * to the next.
   */
  readonly shift: number;
  readonly stride: number;
  /** The losses of the last call. */
  readonly losses: Float64Array;
  /**
   * Takes `count` steps, which cycle through the first `slots` batches, starting with batch `slot`. Each
   * batch has `rows` rows, except the last batch, which has `lastRows`. Writes the losses. If a loss is not
   * finite, stops before the update of that step. Returns the number of completed steps.
   */
  run(count: number, slot: number, slots: number, rows: number, lastRows: number): number;
}

/** Limits on the bytes and the number of staged batches, on the steps per call, and on the threads. */
const stagedBytes = 0x100000;
const mostSlots = 64;
const mostSteps = 1024;
const mostThreads = 64;

/**
 * Starts the WebAssembly kernels. Returns undefined if the trainer must use the TypeScript kernels. `meta` is
 * the import.meta of the file, or what replaces it in a bundle.
 */
export function startWasm(
  model: ModelFacts,
  facts: WasmFacts,
  math: Record<string, WasmFunction>,
  meta: ThreadSource,
  options: TrainerOptions,
): WasmKernels | undefined {
  checkTrainerOptions(options);
  const { backend, threads: requested = 1 } = options;
  const threads = Math.min(mostThreads, checkWhole("threads", requested, 1));
  if (backend === "ts") return undefined;
  if (backend !== undefined && !wasmBackends.includes(backend))
    throw new InputError(`backend must be "relaxed", "simd" or "ts", got ${JSON.stringify(backend)}`);
  try {
    const canStart = meta.url !== undefined || meta.startThread !== undefined;
    const isShared = threads > 1 && facts.controlBytes > 0 && canStart && mayShareMemory();
    const compiled = compileWasm(facts, backend, isShared);
    return instantiate(model, facts, math, compiled, isShared ? threads : 1, meta);
  } catch (error) {
    if (backend === undefined) return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`the backend "${backend}" cannot run here: ${reason}`);
  }
}

/**
 * Creates the memory and instantiates the module. The memory contains, in this order, the arena, the scratch
 * space of each thread, the control block, the losses and the staged batches.
 */
function instantiate(
  model: ModelFacts,
  { base, memoryBytes, scratchBytes, controlBytes, inputAt, inputBytes }: WasmFacts,
  math: Record<string, WasmFunction>,
  compiled: CompiledWasm,
  threads: number,
  source: ThreadSource,
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
  const programs = wasmFunctions(compiled, settings[0]!, math);
  if (threads > 1) startWorkers(source, workerName(model), backend, settings.slice(1));
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
        programs["steps"]!(count, stagedAt, slot, staged, rows, lastRows, lossesAt),
    },
  };
}
