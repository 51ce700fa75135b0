// The WebAssembly engine of the host: from the text in the file to functions over a memory.
import type { Backend } from "../step/machine.ts";
import { bytesIn } from "../step/memory.ts";

// What a host offers beyond the language. Hosts differ, so each thing is asked for by name, and may be missing.

/** The global of this name. Through a variable: type checkers, whatever host they know, then look for none. */
export function hostGlobal<T>(name: string): T | undefined {
  return Reflect.get(globalThis, name);
}

// The module of the file as it ships, and the variants that are made of it when a trainer starts: few bytes differ.

/** Every SIMD instruction begins with this byte; its number follows, here in two bytes. */
const simd = 0xfd;

/**
 * The number of an instruction, and the three bytes that stand in its place where multiply and add are one
 * instruction.
 */
const relaxed: readonly (readonly [number, readonly [number, number, number]])[] = [
  [0xe6, [0x01, 0x01, 0x01]], // f32x4.mul: three times nop, and the factors stay where they are
  [0xf2, [0x01, 0x01, 0x01]], // f64x2.mul
  [0xe4, [simd, 0x85, 0x02]], // f32x4.add: f32x4.relaxed_madd of the factors and the sum
  [0xf0, [simd, 0x87, 0x02]], // f64x2.add: f64x2.relaxed_madd
];

/**
 * The module in which the products and sums that begin at these places are fused: x · y + z with one
 * rounding, where the machine can.
 */
export function relaxedBytes(bytes: Uint8Array, places: readonly number[]): Uint8Array {
  const patched = bytes.slice();
  for (const place of places) {
    const instead = relaxed.find(([number]) => bytes[place] === simd && bytes[place + 1] === number)?.[1];
    if (instead === undefined) throw new Error(`internal: nothing to fuse at byte ${place}`);
    patched.set(instead, place);
  }
  return patched;
}

// The engine's WebAssembly, as far as trainers use it: from the text in a file to functions over a memory.

/** What WebAssembly exports and imports here. */
export type WasmFunction = (...numbers: number[]) => number;

/** A memory of WebAssembly. */
interface WasmMemory {
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
