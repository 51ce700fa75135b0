/**
 * What each kernel of the WebAssembly target takes on this machine, run by itself: one thread, a full batch,
 * data in the caches. Kernels are taken in the order in which they run, so that each finds in memory what
 * those before it leave.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { stepsBetween } from "../../compiler/emit/wasm/write-wasm.ts";
import { assembleWasm } from "../../compiler/emit/wasm/wasm-module.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import { doubleFunctions } from "../../compiler/loop/double-functions.ts";
import type { MemoryPlan } from "../../compiler/loop/memory.ts";
import type { Buffer, Kernel, LoopProgram } from "../../compiler/loop/types.ts";
import type { Compilation, VectorPrograms } from "../../compiler/pipeline.ts";
import type { Backend } from "../../runtime/step/machine.ts";
import { randomKey, randomStream } from "../../runtime/numbers/random.ts";
import type { Random } from "../../runtime/numbers/random.ts";
import { compileWasm, wasmFunctions, wasmMemory } from "../../runtime/wasm/wasm-engine.ts";
import { leastTime, measureClock } from "./measure-clock.ts";

export interface KernelTimes {
  /** Which of the module's two variants was run. */
  readonly backend: Backend;
  /** Cycles in a nanosecond, measured. */
  readonly gigahertz: number;
  /** By kernel as placed. */
  readonly microseconds: ReadonlyMap<Kernel, number>;
}

/** Rounds over all kernels: in the first ones the engine's optimizing compiler is still at work. */
const rounds = 3;

/** @throws Error where the engine has no WebAssembly with SIMD. */
export async function measureKernels(compilation: Compilation): Promise<KernelTimes> {
  const { vectors, model } = compilation;
  invariant(vectors !== undefined, "kernels are measured of the target wasm");
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
        // What many runs make of memory is not what one leaves to the kernels behind it.
        bytesNow.set(before);
        run();
      }
  }
  return { backend: compiled.backend, gigahertz: await measureClock(), microseconds };
}

/** A program that does nothing: what it takes to call one. */
const nothing = "nothing";

/** A program for each kernel, on the memory of the program that it is from. */
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

/** Finite numbers everywhere: small random parameters, random inputs, the states that training begins with. */
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

/** Uniform in ±1/√rows, so that sums stay near one; what begins as a constant, as a variance, is that. */
function fillParameter(
  elements: Elements,
  { fill, shape }: Compilation["built"]["parameters"][number],
  random: Random,
): void {
  if (fill.kind === "constant") return void elements.fill(fill.value);
  const bound = 1 / Math.sqrt(shape[0] ?? 1);
  elements.forEach((_, i) => (elements[i] = bound * (2 * random.unit() - 1)));
}
