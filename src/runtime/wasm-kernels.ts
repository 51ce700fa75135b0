// The programs as WebAssembly: from the text in the file to functions over one memory, if the host lets them run. Only trainers compiled
// for this target have this.
import { bytesIn } from "./base64.ts";
import { InputError } from "./input-error.ts";
import type { Backend } from "./machine.ts";
import { relaxedBytes } from "./wasm-bytes.ts";

/** What WebAssembly exports and imports here. */
export type WasmFunction = (...numbers: number[]) => number;

/** What a host offers of WebAssembly, as far as it is used here. */
declare const WebAssembly:
  | {
      validate(bytes: Uint8Array): boolean;
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports: object) => { exports: Record<string, WasmFunction> };
      Memory: new (limits: { initial: number; maximum: number }) => { buffer: ArrayBufferLike };
    }
  | undefined;

/** The module of a file; all places and sizes in bytes. */
export interface WasmFacts {
  /** In base64. */
  module: string;
  /** Where multiply and add can be fused, each counted from the place before. */
  relaxedAt: readonly number[];
  /** Where the arena begins in the memory. */
  base: number;
  /** What the arena takes with what lies before and behind it; then each thread's own room follows. */
  memoryBytes: number;
  scratchBytes: number;
  /** Where a batch lies, and its size. */
  inputAt: number;
  inputBytes: number;
}

/** How a trainer starts. */
export interface TrainerOptions {
  /** What everything random derives from (0 to 4294967295); the spec's if left out. */
  seed?: number;
  /** What runs the kernels; if left out, the fastest that this host has. */
  backend?: Backend;
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
   * Takes `count` steps, from the batch numbered `slot` on, over the first `slots` of them, of `rows` rows each, the last of `lastRows`;
   * writes their losses. How many it took: it stops before the update of one whose loss is not finite.
   */
  run(count: number, slot: number, slots: number, rows: number, lastRows: number): number;
}

const pageBytes = 0x10000;
/** As many batches are staged as fit into so many bytes, at most so many, and as many steps are one call at most. */
const stagedBytes = 0x100000;
const mostSlots = 64;
const mostSteps = 1024;

/** The kernels, or undefined where those of TypeScript must do or are asked for. */
export function startWasm(
  facts: WasmFacts,
  { backend }: TrainerOptions,
  math: Record<string, WasmFunction>,
): WasmKernels | undefined {
  if (backend === "ts") return undefined;
  if (backend !== undefined && !backends.includes(backend))
    throw new InputError(`backend must be "relaxed", "simd" or "ts", got ${JSON.stringify(backend)}`);
  try {
    return instantiate(facts, compiled(facts, backend), math);
  } catch (error) {
    if (backend === undefined) return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`the backend "${backend}" cannot run here: ${reason}`);
  }
}

/** Fastest first. */
const backends: readonly Backend[] = ["relaxed", "simd"];

interface Compiled {
  readonly backend: Backend;
  readonly module: object;
}

/** The variant that is asked for, or the first that the engine knows. A content security policy may forbid all, by an error. */
function compiled({ module, relaxedAt }: WasmFacts, asked: Backend | undefined): Compiled {
  if (typeof WebAssembly === "undefined") throw new Error("there is no WebAssembly");
  const plain = bytesIn(module);
  let place = 0;
  const places = relaxedAt.map((step) => (place += step));
  for (const backend of asked === undefined ? backends : [asked]) {
    const bytes = backend === "relaxed" ? relaxedBytes(plain, places) : plain;
    if (WebAssembly.validate(bytes)) return { backend, module: new WebAssembly.Module(bytes) };
  }
  throw new Error("the engine does not know these instructions");
}

function instantiate(
  { base, memoryBytes, scratchBytes, inputAt, inputBytes }: WasmFacts,
  { backend, module }: Compiled,
  math: Record<string, WasmFunction>,
): WasmKernels {
  if (typeof WebAssembly === "undefined") throw new Error("there is no WebAssembly");
  const slots = Math.max(1, Math.min(mostSlots, Math.floor(stagedBytes / inputBytes)));
  const lossesAt = memoryBytes + scratchBytes;
  const stagedAt = lossesAt + 8 * mostSteps;
  const pages = Math.ceil((stagedAt + slots * inputBytes) / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const env = { memory, scratch: memoryBytes };
  const { exports } = new WebAssembly.Instance(module, { env, math });
  return {
    backend,
    memory: memory.buffer,
    at: base,
    programs: exports,
    staging: {
      slots,
      shift: stagedAt - inputAt,
      stride: inputBytes,
      losses: new Float64Array(memory.buffer, lossesAt, mostSteps),
      run: (count, slot, staged, rows, lastRows) =>
        exports.steps(count, stagedAt, slot, staged, rows, lastRows, lossesAt),
    },
  };
}
