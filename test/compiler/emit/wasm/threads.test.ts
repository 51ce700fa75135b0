// Kernels that are divided among several threads. If a test fails, a part is computed twice or never, a
// thread waits forever, or a worker does not end.
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { controlBytes } from "../../../../src/compiler/emit/wasm/threads.ts";
import { graphOf, valuesFor } from "../../../support/random-graph.ts";
import type { Move } from "../../../support/random-graph.ts";
import { instantiate, wasmOf } from "../../../support/run-wasm.ts";

const batchSize = 5;
/** A product, functions of the product, and sums. */
const list: readonly Move[] = [
  [0, 0, 0, 0, 9],
  [2, 1, 0, 2, 0],
  [7, 0, 1, 1, 2],
  [4, 0, 0, 1, 0],
];

const workerText = `
const { workerData: { module, env }, parentPort } = require("node:worker_threads");
const nothing = new Proxy({}, { get: (_, name) => Math[name] ?? ((x) => x) });
const { serve } = new WebAssembly.Instance(module, { env, math: nothing }).exports;
parentPort.postMessage("ready");
serve();
parentPort.postMessage("ended");
`;

it("threads give the bits of one thread, whatever their order, and end when they are asked to", async () => {
  const { graph } = graphOf(list, "f32");
  const { program, plan, module } = await wasmOf(graph, { float: "f32", batchSize, vectors: true });
  expect(module.controlBytes).toBe(controlBytes);
  const values = valuesFor(graph, batchSize, 3);
  const fill = (running: ReturnType<typeof instantiate>) => {
    for (const [name, placement] of plan.storage) running.view(placement).set(values.get(name)?.data ?? []);
  };
  const results = (running: ReturnType<typeof instantiate>) =>
    [...plan.storage.values()].map((placement) => Array.from(running.view(placement)));

  const alone = instantiate(module);
  fill(alone);
  alone.call(program.name, batchSize);

  const shared = instantiate(module, { threads: 2 });
  const worker = new Worker(workerText, {
    eval: true,
    workerData: {
      module: shared.compiled,
      env: { ...shared.env, scratch: shared.env.scratch + module.scratchBytes },
    },
  });
  const said = (word: string) =>
    new Promise<void>((resolve, reject) => {
      worker.on("error", reject);
      worker.on("message", (message) => message === word && resolve());
    });
  const ended = said("ended");
  // Until the worker is ready, the first thread computes all parts.
  fill(shared);
  shared.call(program.name, batchSize);
  expect(results(shared)).toEqual(results(alone));
  await said("ready");
  for (let k = 0; k < 300; k++) {
    fill(shared);
    shared.call(program.name, batchSize);
    // The worker goes to sleep after a while without work, and must wake up.
    if (k % 100 === 50) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(results(shared)).toEqual(results(alone));
  }
  const control = new Int32Array(shared.memory.buffer, shared.env.control, 2);
  Atomics.store(control, 1, 1);
  Atomics.add(control, 0, 1);
  Atomics.notify(control, 0);
  await ended;
  await worker.terminate();
});
