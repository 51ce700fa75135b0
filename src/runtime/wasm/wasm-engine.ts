// Compiles the WebAssembly module of a trainer, and instantiates it with a memory.
import type { Backend } from "../step/machine.ts";
import { bytesIn } from "../step/memory.ts";

/**
 * Returns the global of this name, if the host has it. Globals of some hosts have no type declaration, so
 * they are accessed by name.
 */
export function hostGlobal<T>(name: string): T | undefined {
  return Reflect.get(globalThis, name);
}

/**
 * Every SIMD instruction begins with this byte. The number of the instruction follows; it has two bytes for
 * all instructions used here.
 */
const simd = 0xfd;

/**
 * The first byte of the number of an instruction, and the three bytes that replace the instruction where
 * multiply and add are fused.
 */
const relaxed: readonly (readonly [number, readonly [number, number, number]])[] = [
  [0xe6, [0x01, 0x01, 0x01]], // f32x4.mul: three nops leave the factors on the stack
  [0xf2, [0x01, 0x01, 0x01]], // f64x2.mul
  [0xe4, [simd, 0x85, 0x02]], // f32x4.add: f32x4.relaxed_madd of the factors and the sum
  [0xf0, [simd, 0x87, 0x02]], // f64x2.add: f64x2.relaxed_madd
];

/**
 * Returns the module with fused multiply-add at these positions: x · y + z is rounded only once if the CPU
 * supports it.
 */
export function relaxedBytes(bytes: Uint8Array, offsets: readonly number[]): Uint8Array {
  const patched = bytes.slice();
  for (const offset of offsets) {
    const instead = relaxed.find(([number]) => bytes[offset] === simd && bytes[offset + 1] === number)?.[1];
    if (instead === undefined) throw new Error(`internal: nothing to fuse at byte ${offset}`);
    patched.set(instead, offset);
  }
  return patched;
}

/** A function that the module exports or imports. */
export type WasmFunction = (...numbers: number[]) => number;

/** A WebAssembly memory. */
interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}

interface Engine {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, WasmFunction> };
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
}

/** The module of a trainer. All positions and sizes are in bytes. */
export interface WasmFacts {
  /** The module in base64. */
  module: string;
  /** The positions at which multiply and add can be fused, each relative to the previous position. */
  relaxedAt: readonly number[];
  /** The position of the byte that declares the memory as shared. */
  sharedAt: number;
  /** The offset of the arena in the memory. */
  base: number;
  /**
   * The size of the arena, including the space before and after it. The scratch space of each thread and the
   * control block, which all threads share, follow these bytes.
   */
  memoryBytes: number;
  scratchBytes: number;
  controlBytes: number;
  /** The offset and the size of a batch. */
  inputAt: number;
  inputBytes: number;
}

/**
 * The imports of a module instance: its memory, the addresses of its scratch space and of the control block,
 * and the number of threads.
 */
export interface WasmSetting {
  readonly memory: WasmMemory;
  readonly scratch: number;
  readonly control: number;
  readonly threads: number;
}

/** Returns the WebAssembly API of the host. Throws if the host has none. */
function engine(): Engine {
  const found = hostGlobal<Engine>("WebAssembly");
  if (found === undefined) throw new Error("this host has no WebAssembly");
  return found;
}

/** The WebAssembly backends, fastest first. */
export const wasmBackends: readonly Backend[] = ["relaxed", "simd"];

/** A compiled module. */
export interface CompiledWasm {
  readonly backend: Backend;
  readonly module: object;
}

/**
 * Compiles the module for the backend `requested`, or for the fastest backend that the engine supports. Throws if
 * the engine does not support the backend, or if a content security policy forbids compilation.
 */
export function compileWasm(
  { module, relaxedAt, sharedAt }: WasmFacts,
  requested: Backend | undefined,
  isShared: boolean,
): CompiledWasm {
  const { validate, Module } = engine();
  const plain = bytesIn(module);
  if (isShared) plain[sharedAt] = 3;
  let offset = 0;
  const offsets = relaxedAt.map((step) => (offset += step));
  for (const backend of requested === undefined ? wasmBackends : [requested]) {
    const bytes = backend === "relaxed" ? relaxedBytes(plain, offsets) : plain;
    if (validate(bytes)) return { backend, module: new Module(bytes) };
  }
  throw new Error("the engine does not support these instructions");
}

/** Creates a memory of at least `bytes` bytes that does not grow. */
export function wasmMemory(bytes: number, shared: boolean): WasmMemory {
  const { Memory } = engine();
  const pages = Math.ceil(bytes / 0x10000);
  return new Memory({ initial: pages, maximum: pages, shared });
}

/** Instantiates a module with a memory. `math` contains the JavaScript functions that the module imports. */
export function wasmFunctions(
  { module }: CompiledWasm,
  env: WasmSetting,
  math: Record<string, WasmFunction>,
): Record<string, WasmFunction> {
  const { Instance } = engine();
  return new Instance(module, { env, math }).exports;
}
