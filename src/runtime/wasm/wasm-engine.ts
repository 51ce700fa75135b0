// The engine's WebAssembly, as far as trainers use it: from the text in a file to functions over a memory.
import { bytesIn } from "./base64.ts";
import { hostGlobal } from "../core/host-global.ts";
import type { Backend } from "../core/machine.ts";
import { relaxedBytes } from "./wasm-bytes.ts";

/** What WebAssembly exports and imports here. */
export type WasmFunction = (...numbers: number[]) => number;

/** A memory of WebAssembly. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}

interface Engine {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, WasmFunction> };
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
}

/** The module of a file; all places and sizes in bytes. */
export interface WasmFacts {
  /** In base64. */
  module: string;
  /** Where multiply and add can be fused, each counted from the place before. */
  relaxedAt: readonly number[];
  /** What says of the memory whether threads share it. */
  sharedAt: number;
  /** Where the arena begins in the memory. */
  base: number;
  /**
   * What the arena takes with what lies before and behind it; then each thread's own room follows, and what
   * they agree by.
   */
  memoryBytes: number;
  scratchBytes: number;
  controlBytes: number;
  /** Where a batch lies, and its size. */
  inputAt: number;
  inputBytes: number;
}

/**
 * What an instance is to know of its surroundings: addresses of its own room and of what threads agree by,
 * and how many these are.
 */
export interface WasmSetting {
  readonly memory: WasmMemory;
  readonly scratch: number;
  readonly control: number;
  readonly threads: number;
}

/** Throws where there is none. */
function engine(): Engine {
  const found = hostGlobal<Engine>("WebAssembly");
  if (found === undefined) throw new Error("there is no WebAssembly");
  return found;
}

/** Fastest first. */
export const wasmBackends: readonly Backend[] = ["relaxed", "simd"];

/** A module that the engine has taken. */
export interface CompiledWasm {
  readonly backend: Backend;
  readonly module: object;
}

/**
 * The variant that is asked for, or the first that the engine knows. A content security policy may forbid
 * all, by an error.
 */
export function compileWasm(
  { module, relaxedAt, sharedAt }: WasmFacts,
  asked: Backend | undefined,
  isShared: boolean,
): CompiledWasm {
  const { validate, Module } = engine();
  const plain = bytesIn(module);
  if (isShared) plain[sharedAt] = 3;
  let place = 0;
  const places = relaxedAt.map((step) => (place += step));
  for (const backend of asked === undefined ? wasmBackends : [asked]) {
    const bytes = backend === "relaxed" ? relaxedBytes(plain, places) : plain;
    if (validate(bytes)) return { backend, module: new Module(bytes) };
  }
  throw new Error("the engine does not know these instructions");
}

/** A memory of at least so many bytes; it does not grow. */
export function wasmMemory(bytes: number, shared: boolean): WasmMemory {
  const { Memory } = engine();
  const pages = Math.ceil(bytes / 0x10000);
  return new Memory({ initial: pages, maximum: pages, shared });
}

/** The functions of a module over a memory; `math` are those of JavaScript that it calls. */
export function wasmFunctions(
  { module }: CompiledWasm,
  env: WasmSetting,
  math: Record<string, WasmFunction>,
): Record<string, WasmFunction> {
  const { Instance } = engine();
  return new Instance(module, { env, math }).exports;
}
