/** Measures the clock rate of this machine, and the time of each WebAssembly kernel alone on a full batch. */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { assemble } from "../../compiler/emit/wasm/assemble.ts";
import { assembleWasm } from "../../compiler/emit/wasm/wasm-module.ts";
import { stepsBetween } from "../../compiler/emit/wasm/write-wasm.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import { doubleFunctions } from "../../compiler/loop/evaluate-expressions.ts";
import type { Buffer, Kernel, LoopProgram, MemoryPlan } from "../../compiler/loop/types.ts";
import type { Compilation, VectorPrograms } from "../../compiler/pipeline.ts";
import type { Backend } from "../../runtime/step/machine.ts";
import { randomKey, randomStream } from "../../runtime/numbers/random.ts";
import type { Random } from "../../runtime/numbers/random.ts";
import { compileWasm, wasmFunctions, wasmMemory } from "../../runtime/wasm/wasm-engine.ts";

// Measures the clock rate with a chain of integer operations, each of which needs the result of the previous
// one. Each operation takes one cycle on every processor of the last decades.

const turns = 1000;
const pairs = 50;
/** XOR and addition alternate, because an engine could merge a chain that consists of additions only. */
const pair = "(local.set $x (i32.xor (i32.add (local.get $x) (local.get $y)) (local.get $y)))";
const chain = `(module (func (export "chain") (param $turns i32) (param $y i32) (result i32) (local $x i32)
  (loop $next
    ${pair.repeat(pairs)}
    (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
  (local.get $x)))`;

/** Returns the clock rate in cycles per nanosecond. */
export async function measureClock(): Promise<number> {
  const [bytes] = await assemble(chain);
  const alone = { base: 0, memoryBytes: 0, scratchBytes: 0, controlBytes: 0, inputAt: 0, inputBytes: 0 };
  const facts = { module: Buffer.from(bytes).toString("base64"), relaxedAt: [], sharedAt: 0, ...alone };
  const setting = { memory: wasmMemory(1, false), scratch: 0, control: 0, threads: 1 };
  const functions = wasmFunctions(compileWasm(facts, "simd", false), setting, {});
  // The engine's optimizing compiler starts only after the first calls, so the fastest of several runs
  // counts.
  const times = Array.from({ length: 8 }, () => leastTime(() => functions.chain(turns, 12_345)));
  return (2 * pairs * turns) / (Math.min(...times) * 1e6);
}

// The time of short work is the minimum of many runs, because other load on the machine can only increase it.

/**
 * The approximate length of one timed run of calls, in milliseconds; `measuringTime` is the length of all
 * runs.
 */
const runLength = 0.1;
const measuringTime = 3;

/** Returns the milliseconds per call. The measurement itself takes several milliseconds. */
export function leastTime(work: () => void): number {
  let calls = 1;
  let last = timeOf(work, calls);
  for (; last < runLength; last = timeOf(work, calls)) calls *= 2;
  let least = last;
  for (const end = performance.now() + measuringTime; performance.now() < end;)
    least = Math.min(least, timeOf(work, calls));
  return least / calls;
}

function timeOf(work: () => void, calls: number): number {
  const start = performance.now();
  for (let call = 0; call < calls; call++) work();
  return performance.now() - start;
}

// Measures each kernel alone: one thread, a full batch, data in the caches. Kernels run in program order, so
// each finds the results of earlier kernels in memory.

export interface KernelTimes {
  /** The variant of the module that was run. */
  readonly backend: Backend;
  /** Measured cycles per nanosecond. */
  readonly gigahertz: number;
  /** The time of each kernel; the keys are the kernels with computed addresses. */
  readonly microseconds: ReadonlyMap<Kernel, number>;
}

/**
 * The number of rounds over all kernels. In the first rounds, the engine's optimizing compiler is still
 * running.
 */
const rounds = 3;

/** @throws Error if the engine does not support WebAssembly with SIMD */
export async function measureKernels(compilation: Compilation): Promise<KernelTimes> {
  const { vectors, model } = compilation;
  invariant(vectors !== undefined, "only kernels of the target wasm can be measured");
  const { batchSize } = model.training;
  const { singles, plan } = singlePrograms(vectors);
  const module = await assembleWasm(singles, plan, { float: vectors.float, batchSize });
  const { bytes, base, memoryBytes, scratchBytes, controlBytes } = module;
  const facts = {
    ...module,
    module: Buffer.from(bytes).toString("base64"),
    relaxedAt: stepsBetween(module.relaxedAt),
  };
  const compiled = compileWasm(facts, undefined, false);
  const control = memoryBytes + scratchBytes;
  const memory = wasmMemory(control + controlBytes, false);
  const functions = wasmFunctions(
    compiled,
    { memory, control, scratch: memoryBytes, threads: 1 },
    doubleFunctions,
  );
  fill(memory.buffer, base, plan, compilation);

  const bytesNow = new Uint8Array(memory.buffer);
  const before = bytesNow.slice();
  const start = bytesNow.slice();
  const microseconds = new Map<Kernel, number>();
  for (let round = 0; round < rounds; round++) {
    const ofCall = leastTime(() => functions[nothing](batchSize));
    bytesNow.set(start);
    for (const { name, kernels } of singles)
      for (const kernel of kernels) {
        const run = () => void functions[name](batchSize);
        before.set(bytesNow);
        const time = Math.max(0, leastTime(run) - ofCall) * 1000;
        microseconds.set(kernel, Math.min(time, microseconds.get(kernel) ?? Infinity));
        // Repeated runs change memory differently from a single run, so the memory is restored to its state
        // after a single run.
        bytesNow.set(before);
        run();
      }
  }
  return { backend: compiled.backend, gigahertz: await measureClock(), microseconds };
}

/** The name of an empty program, whose time is the cost of a call. */
const nothing = "nothing";

/** Returns a program for each kernel, which uses the memory of the kernel's original program. */
function singlePrograms({ programs, plan }: VectorPrograms): {
  readonly singles: readonly LoopProgram[];
  readonly plan: MemoryPlan;
} {
  const temporaries = new Map(plan.temporaries);
  const singles = programs.flatMap((program) =>
    program.kernels.map((kernel, position) => {
      const name = `${program.name}.${position}`;
      const places = plan.temporaries.get(program.name);
      if (places !== undefined) temporaries.set(name, places);
      return { ...program, name, kernels: [kernel] };
    }),
  );
  const idle = { name: nothing, kernels: [], buffers: new Map<string, Buffer>() };
  return { singles: [...singles, idle], plan: { ...plan, temporaries } };
}

/** Fills memory with finite numbers: small random parameters, random inputs, the initial optimizer states. */
function fill(memory: ArrayBufferLike, base: number, plan: MemoryPlan, { built, model }: Compilation): void {
  const random = randomStream(randomKey(1, 0, 0));
  const parameters = new Map(built.parameters.map((parameter) => [parameter.name, parameter]));
  const states = new Map(built.states.map((state) => [state.name, state]));
  for (const [name, { buffer, offset }] of plan.storage) {
    if (buffer.covers !== undefined) continue;
    const size = sizeOf(buffer.shape, model.training.batchSize);
    const elements = elementsOf(buffer.element, memory, base + offset, size);
    const parameter = parameters.get(name);
    if (parameter !== undefined) fillParameter(elements, parameter, random);
    else if (states.get(name)?.initial !== undefined) elements.set(states.get(name)?.initial ?? []);
    else if (buffer.region === "input")
      elements.forEach((_, i) => (elements[i] = buffer.element === "i32" ? random.below(2) : random.unit()));
  }
}

type Elements = Float32Array | Float64Array | Int32Array;

function elementsOf(type: Buffer["element"], memory: ArrayBufferLike, at: number, size: number): Elements {
  if (type === "i32") return new Int32Array(memory, at, size);
  return type === "f32" ? new Float32Array(memory, at, size) : new Float64Array(memory, at, size);
}

/**
 * Fills a parameter with uniform numbers in ±1/√rows, so that sums stay near one. A constant initial value,
 * such as a variance, and given values are used unchanged.
 */
function fillParameter(
  elements: Elements,
  { fill, shape }: Compilation["built"]["parameters"][number],
  random: Random,
): void {
  if (fill.kind === "constant") return void elements.fill(fill.value);
  if (fill.kind === "given") return elements.set(fill.values);
  const bound = 1 / Math.sqrt(shape[0] ?? 1);
  elements.forEach((_, i) => (elements[i] = bound * (2 * random.unit() - 1)));
}
