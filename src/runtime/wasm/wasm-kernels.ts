// The programs of a trainer as WebAssembly, over one memory, if the host lets them run. Only trainers
// compiled to it have this.
import { InputError, checkTrainerOptions } from "../step/errors.ts";
import type { Backend } from "../step/machine.ts";
import type { ModelFacts } from "../model/facts.ts";
import { checkWhole } from "../step/session.ts";
import { compileWasm, wasmBackends, wasmFunctions, wasmMemory } from "./wasm-engine.ts";
import type { CompiledWasm, WasmFacts, WasmFunction } from "./wasm-engine.ts";
import { mayShareMemory, startWorkers, workerName } from "./wasm-workers.ts";

/** How a trainer starts. */
export interface TrainerOptions {
  /** What everything random derives from (0 to 4294967295); the spec's if left out. */
  seed?: number;
  /** What runs the kernels; if left out, the fastest that this host has. */
  backend?: Backend;
  /**
   * How many threads share the work of WebAssembly's kernels, this one included; 1 if left out. It changes no
   * bit. Where this thread may not wait for others (a page's main thread), or memory cannot be shared, it
   * does all of it.
   */
  threads?: number;
  /**
   * Compares the WebAssembly kernels with the TypeScript kernels first, on random data, and throws an error
   * where they differ: with 1, a middle number and `batchSize` rows, or with those listed. The trainer is the
   * same as without.
   */
  selfCheck?: boolean | readonly number[];
}

/** Programs over a memory. */
export interface WasmKernels {
  readonly backend: Backend;
  readonly memory: ArrayBufferLike;
  /** Where the arena begins in it. */
  readonly at: number;
  readonly programs: Record<string, WasmFunction>;
  readonly staging: Staging;
}

/** Batches side by side, with each of which one call takes a step. */
export interface Staging {
  /** How many fit. */
  readonly slots: number;
  /** The bytes from the batch in the arena to the first of them, and from each to the next. */
  readonly shift: number;
  readonly stride: number;
  /** The losses of the last call. */
  readonly losses: Float64Array;
  /**
   * Takes `count` steps, from the batch numbered `slot` on, over the first `slots` of them, of `rows` rows
   * each, the last of `lastRows`; writes their losses. How many it took: it stops before the update of one
   * whose loss is not finite.
   */
  run(count: number, slot: number, slots: number, rows: number, lastRows: number): number;
}

/** As many batches are staged as fit into so many bytes, at most so many, and as many steps are one call at most. */
const stagedBytes = 0x100000;
const mostSlots = 64;
const mostSteps = 1024;
const mostThreads = 64;

/** The kernels, or undefined where those of TypeScript must do or are asked for. `meta` is the file's import.meta. */
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

/** In memory: the arena, each thread's scratch, what threads agree by, losses, staged batches. */
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
