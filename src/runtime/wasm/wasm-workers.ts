// Threads that share the memory of the kernels. Each thread runs this file again, as a worker.
import { compileWasm, hostGlobal, wasmFunctions } from "./wasm-engine.ts";
import type { WasmFacts, WasmFunction, WasmSetting } from "./wasm-engine.ts";
import type { Backend } from "../step/machine.ts";
import type { ModelFacts } from "../model/facts.ts";

/** The data with which a worker starts. */
interface Work extends WasmSetting {
  /** Identifies the trainer that the worker serves; see `workerName`. */
  readonly serves: string;
  readonly backend: Backend;
}

/** How threads start: from the address of this file, or in a bundle by a function that the bundler's plugin writes. */
export interface ThreadSource {
  readonly url?: string;
  startThread?(name: string): HostWorker;
}

interface HostWorker {
  terminate(): unknown;
  /** In Node: lets the process end without waiting for the worker. */
  unref?(): void;
  on?(event: "error", listener: () => void): void;
  postMessage(message: object): void;
}

/** The module node:worker_threads, which Deno and Bun also have. */
interface NodeThreads {
  readonly isMainThread: boolean;
  readonly workerData: Work | null | undefined;
  readonly Worker: new (file: object, options: { workerData: Work }) => HostWorker;
}

function nodeThreads(): NodeThreads | undefined {
  interface Host {
    getBuiltinModule?(name: string): NodeThreads | undefined;
  }
  return hostGlobal<Host>("process")?.getBuiltinModule?.("node:worker_threads");
}

/**
 * Whether this thread can share memory and may wait for other threads. The main thread of a page must not
 * wait.
 */
export function mayShareMemory(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends the threads when their memory is no longer referenced. */
const forgotten = new FinalizationRegistry((workers: readonly HostWorker[]) => {
  for (const worker of workers) worker.terminate();
});

/**
 * Starts a thread for each setting. If a thread does not start, the other threads do its work, so there is no
 * error.
 */
export function startWorkers(
  source: ThreadSource,
  serves: string,
  backend: Backend,
  settings: readonly WasmSetting[],
): void {
  const workers = settings.map((setting) => startWorker(source, { ...setting, serves, backend }));
  const { memory } = settings[0]!;
  forgotten.register(
    memory.buffer,
    workers.flatMap((worker) => worker ?? []),
  );
}

function startWorker(source: ThreadSource, work: Work): HostWorker | undefined {
  const { url = "" } = source;
  try {
    const Address = hostGlobal<new (text: string) => object>("URL");
    const node = nodeThreads();
    if (node && Address && source.startThread === undefined) {
      const worker = new node.Worker(new Address(url), { workerData: work });
      worker.unref?.();
      worker.on?.("error", () => {});
      return worker;
    }
    const Worker =
      hostGlobal<new (file: string, options: { type: "module"; name: string }) => HostWorker>("Worker");
    const worker =
      source.startThread?.(work.serves) ?? (Worker && new Worker(url, { type: "module", name: work.serves }));
    worker?.postMessage(work);
    return worker;
  } catch {
    return undefined;
  }
}

/** The name of the workers for this model's trainers. */
export const workerName = ({ name, dtype, specHash }: ModelFacts): string => `${name} ${dtype} ${specHash}`;

/** The byte offset in the control block at which a failed thread is recorded. */
const failedAt = 24;

/**
 * Computes this thread's parts of the kernels. Reports a failure to the other threads, because they wait for
 * these parts.
 */
function serveKernels({ memory, control }: Work, { serve }: Record<string, WasmFunction>): void {
  try {
    serve!();
  } catch {
    Atomics.store(new Int32Array(memory.buffer, control + failedAt, 1), 0, 1);
  }
}

/**
 * If this file was started as a worker of this model, runs the worker and returns true. Otherwise returns
 * false.
 */
export function servesAsWorker(
  model: ModelFacts,
  facts: WasmFacts,
  math: Record<string, WasmFunction>,
): boolean {
  const serves = workerName(model);
  const serve = (work: Work) =>
    serveKernels(work, wasmFunctions(compileWasm(facts, work.backend, true), work, math));
  const node = nodeThreads();
  if (node) {
    const { isMainThread, workerData } = node;
    if (isMainThread || workerData?.serves !== serves) return false;
    serve(workerData);
    return true;
  }
  if (hostGlobal("WorkerGlobalScope") === undefined || hostGlobal("name") !== serves) return false;
  type Listen = (event: "message", listener: (event: { data: Work }) => void) => void;
  hostGlobal<Listen>("addEventListener")?.("message", ({ data }) => serve(data));
  return true;
}
