// Threads that share the kernels' memory: the file starts itself once more for each. Only trainers compiled
// to WebAssembly have this.
import { compileWasm, hostGlobal, wasmFunctions } from "./wasm-engine.ts";
import type { WasmFacts, WasmFunction, WasmSetting } from "./wasm-engine.ts";
import type { Backend } from "../step/machine.ts";
import type { ModelFacts } from "../model/facts.ts";

/** What a worker is started with. */
interface Work extends WasmSetting {
  /** What tells a worker of this file from any other. */
  readonly serves: string;
  readonly backend: Backend;
}

interface HostWorker {
  terminate(): unknown;
  /** In Node: the process need not wait for it. */
  unref?(): void;
  on?(event: "error", listener: () => void): void;
  postMessage(message: object): void;
}

/** The module node:worker_threads, which Deno and Bun have too. */
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

/** Whether this thread may wait for others, and share memory with them: a page's main thread may not. */
export function mayShareMemory(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Threads are ended when nobody holds their memory any more. */
const forgotten = new FinalizationRegistry((workers: readonly HostWorker[]) => {
  for (const worker of workers) worker.terminate();
});

/**
 * Starts a thread with each of these settings. One that does not come up is no fault: its share of the work
 * is done by those that are there, which is why nobody hears of it.
 */
export function startWorkers(
  url: string,
  serves: string,
  backend: Backend,
  settings: readonly WasmSetting[],
): void {
  const workers = settings.map((setting) => startWorker(url, { ...setting, serves, backend }));
  const [{ memory }] = settings;
  forgotten.register(
    memory.buffer,
    workers.flatMap((worker) => worker ?? []),
  );
}

function startWorker(url: string, work: Work): HostWorker | undefined {
  try {
    const Address = hostGlobal<new (text: string) => object>("URL");
    const node = nodeThreads();
    if (node && Address) {
      const worker = new node.Worker(new Address(url), { workerData: work });
      worker.unref?.();
      worker.on?.("error", () => {});
      return worker;
    }
    const Worker =
      hostGlobal<new (file: string, options: { type: "module"; name: string }) => HostWorker>("Worker");
    const worker = Worker && new Worker(url, { type: "module", name: work.serves });
    worker?.postMessage(work);
    return worker;
  } catch {
    return undefined;
  }
}

/** What a worker of a model's trainer is called. */
export const workerName = ({ name, dtype, specHash }: ModelFacts): string => `${name} ${dtype} ${specHash}`;

/** Where in what threads agree by it says that one has failed. */
const failedAt = 24;

/** Computes parts. Those of a thread that fails are never done: who waits for them must learn of it. */
function serveKernels({ memory, control }: Work, { serve }: Record<string, WasmFunction>): void {
  try {
    serve();
  } catch {
    Atomics.store(new Int32Array(memory.buffer, control + failedAt, 1), 0, 1);
  }
}

/** Serves if the file was started as a worker of its own, and says whether it was: then it has nothing else to do. */
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
