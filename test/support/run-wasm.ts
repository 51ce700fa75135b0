// Runs loop programs as WebAssembly in this engine: assembles a module, instantiates it with a memory that
// has the layout of the plan, and reads the results.
import { assembleWasm } from "../../src/compiler/emit/wasm/wasm-module.ts";
import type { WasmModule } from "../../src/compiler/emit/wasm/wasm-module.ts";
import { relaxedBytes } from "../../src/runtime/wasm/wasm-engine.ts";
import type { Graph } from "../../src/compiler/ir/nodes.ts";
import { boundShape } from "../../src/compiler/ir/types.ts";
import { doubleFunctions } from "../../src/compiler/loop/evaluate-expressions.ts";
import type { MemoryPlan, Placement } from "../../src/compiler/loop/types.ts";
import type { Buffer, LoopProgram } from "../../src/compiler/loop/types.ts";
import { indicesOf, positionOf, tensorOf } from "../../src/compiler/ops/tensor.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { computeByteAddresses } from "../../src/compiler/schedule/compute-addresses.ts";
import { storageFor } from "./run-loops.ts";
import { afterStage, loweredGraph, scheduledVectors, unplacedScalars, planOf } from "./stages.ts";

/**
 * The members of `WebAssembly` that tests use. They are declared here because the compiler's settings do not
 * include the types of browsers.
 */
declare namespace WebAssembly {
  class Memory {
    constructor(limits: { initial: number; maximum: number; shared?: boolean });
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: object);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}

export interface Running {
  readonly memory: WebAssembly.Memory;
  /** The module and imports for other threads. */
  readonly compiled: WebAssembly.Module;
  readonly env: {
    readonly memory: WebAssembly.Memory;
    readonly scratch: number;
    readonly control: number;
    readonly threads: number;
  };
  /** Calls an exported function. */
  call(name: string, ...operands: readonly number[]): unknown;
  /** The elements of a placement, in memory. */
  view(placement: Placement): Float32Array | Float64Array | Int32Array;
}

const pageBytes = 65536;

/**
 * An instance whose memory is filled with NaN, so that a result cannot be correct merely because memory is
 * zero.
 */
export function instantiate(module: WasmModule, { fused = false, threads = 1 } = {}): Running {
  const { base, memoryBytes, scratchBytes } = module;
  const control = memoryBytes + threads * scratchBytes;
  const pages = Math.ceil((control + module.controlBytes) / pageBytes);
  const isShared = threads > 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared });
  new Uint8Array(memory.buffer).fill(0xff, 0, control);
  const bytes = fused ? relaxedBytes(module.bytes, module.relaxedAt) : module.bytes.slice();
  if (isShared) bytes[module.sharedAt] = 3;
  const compiled = new WebAssembly.Module(bytes);
  const env = { memory, scratch: memoryBytes, control, threads };
  const { exports } = new WebAssembly.Instance(compiled, { env, math: doubleFunctions });
  return {
    memory,
    compiled,
    env,
    call(name, ...operands) {
      const f = exports[name];
      if (typeof f !== "function") throw new Error(`the module exports no ${name}`);
      const result: unknown = f(...operands);
      return result;
    },
    view({ buffer, offset, bytes: size }) {
      const at = base + offset;
      if (buffer.element === "i32") return new Int32Array(memory.buffer, at, size / 4);
      return buffer.element === "f32"
        ? new Float32Array(memory.buffer, at, size / 4)
        : new Float64Array(memory.buffer, at, size / 8);
    },
  };
}

export interface WasmProgram {
  readonly program: LoopProgram;
  readonly plan: MemoryPlan;
  readonly module: WasmModule;
}

export interface WasmOptions {
  readonly float?: "f32" | "f64";
  readonly batchSize?: number;
  /** Schedule loops on vectors, as the target does, instead of on scalars. */
  readonly vectors?: boolean;
}

/** Compiles a graph: lowers, schedules, computes byte addresses and assembles. */
export async function wasmOf(
  graph: Graph,
  { float = "f64", batchSize = 3, vectors = false }: WasmOptions = {},
): Promise<WasmProgram> {
  const storage = storageFor(graph, float);
  const context = { float, batchSize, storage, minCycles: 0 };
  const loops = loweredGraph(graph, context);
  // Every kernel that can be divided among threads is divided, even if it is short. Kernels are not
  // deduplicated.
  const scheduled = vectors
    ? scheduledVectors(loops, context, {
        skip: ["drop-unit-loops", "flush-subnormals", "deduplicate-kernels"],
      })
    : unplacedScalars(loops, context);
  const program = afterStage(computeByteAddresses, scheduled, context);
  const plan = planOf([program], storage, batchSize);
  return { program, plan, module: await assembleWasm([program], plan, { float, batchSize }) };
}

/** Fills storage, runs the program, and returns the contents of storage by name. */
export function runWasm(
  { program, plan, module }: WasmProgram,
  values: ReadonlyMap<string, Tensor>,
  rows: number,
  batchSize = 3,
): Map<string, Tensor> {
  const running = instantiate(module);
  for (const [name, placement] of plan.storage) {
    const value = values.get(name);
    if (value !== undefined) write(running.view(placement), placement.buffer, value, batchSize);
  }
  running.call(program.name, rows);
  return new Map(
    [...plan.storage].map(([name, placement]) => [
      name,
      read(running.view(placement), placement.buffer, rows, batchSize),
    ]),
  );
}

type Elements = Float32Array | Float64Array | Int32Array;

function write(elements: Elements, { shape }: Buffer, value: Tensor, batchSize: number): void {
  const room = boundShape(shape, batchSize);
  let position = 0;
  for (const at of indicesOf(value.shape)) elements[positionOf(room, at)] = value.data[position++];
}

const read = (elements: Elements, { shape }: Buffer, rows: number, batchSize: number): Tensor => {
  const room = boundShape(shape, batchSize);
  return tensorOf(boundShape(shape, rows), (at) => elements[positionOf(room, at)]);
};
