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
  seed?: number | undefined;
  /** What runs the kernels; by default, the fastest backend that this host supports. */
  backend?: Backend;
  /**
   * The number of threads that share the kernels' work, including this one; 1 by default. Results have the
   * same bits for any number. If this thread may not wait (the main thread of a page), or if memory cannot be
   * shared, this thread works alone.
   */
  threads?: number;
  /**
   * First compares the WebAssembly kernels with the TypeScript kernels on random data, and throws if they
   * differ. true selects 1 row, a middle number of rows and `batchSize` rows; a list selects other numbers of
   * rows. The comparison does not affect the trainer.
   */
  selfCheck?: boolean | readonly number[];
}

/** The programs, and the memory that they run on. */
export interface WasmKernels {
  readonly backend: Backend;
  readonly memory: ArrayBufferLike;
  /** The offset of the arena in the memory. */
  readonly at: number;
  readonly programs: Record<string, WasmFunction>;
  readonly staging: Staging;
}

/** Memory for several batches. One call takes a step with each of them. */
export interface Staging {
  /** The number of batches that fit. */
  readonly slots: number;
  /** The distances in bytes from the batch in the arena to the first slot, and from each slot to the next. */
  readonly shift: number;
  readonly stride: number;
  /** The losses of the last call. */
  readonly losses: Float64Array;
  /**
   * Takes `count` steps, which cycle through the first `slots` batches, starting with batch `slot`. The
   * batches have `rows` rows, the last has `lastRows`. Writes the losses. Stops before the update of a step
   * whose loss is not finite. Returns the number of steps taken.
   */
  run(count: number, slot: number, slots: number, rows: number, lastRows: number): number;
}

/** Limits: bytes and number of staged batches, steps per call, threads. */
const stagedBytes = 0x100000;
const mostSlots = 64;
const mostSteps = 1024;
const mostThreads = 64;

/**
 * Starts the kernels. Returns undefined if the TypeScript kernels run instead. `meta` is the import.meta of
 * the file.
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
 * Creates the memory and instantiates the module. The memory contains the arena, the scratch space of each
 * thread, the control block, losses, and staged batches.
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
  const programs = wasmFunctions(compiled, settings[0]!, math);
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
        programs["steps"]!(count, stagedAt, slot, staged, rows, lastRows, lossesAt),
    },
  };
}
