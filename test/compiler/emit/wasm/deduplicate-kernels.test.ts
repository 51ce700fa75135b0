// Kernels that several layers and programs share as one function. If a test fails, a layer works on the
// memory of another layer, an innermost loop does more work, or the module contains duplicate code.
import { describe, expect, it } from "vitest";
import { assembleWasm } from "../../../../src/compiler/emit/wasm/wasm-module.ts";
import { visit } from "../../../../src/compiler/loop/expressions.ts";
import { expressionsOf, visitStatements } from "../../../../src/compiler/loop/statements.ts";
import type { Kernel, LoopProgram } from "../../../../src/compiler/loop/types.ts";
import { compileModel } from "../../../../src/compiler/pipeline.ts";
import { deduplicateKernels } from "../../../../src/compiler/schedule/vectors/deduplicate-kernels.ts";
import { runStage } from "../../../../src/compiler/stages/run.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";
import { storageOf } from "../../../../src/compiler/trainer/storage.ts";
import { instantiate } from "../../../support/run-wasm.ts";
import { placedVectors, scheduledVectors, planOf } from "../../../support/stages.ts";

const batchSize = 5;
const spec: ModelSpec = {
  name: "alike",
  inputs: { x: { shape: [9] } },
  targets: { y: { shape: [9] } },
  network: Array.from({ length: 4 }, () => ({ type: "dense", units: 9, activation: "tanh" })),
  loss: "mse",
  optimizer: "adam",
  training: { epochs: 1, batchSize },
};

const model = parseModel(spec);
const compilation = compileModel(model, { dtype: "f32" });
const storage = storageOf(model, compilation.built, compilation.graphs, "f32");
// With the limit 0, threads share every parallel kernel, however short. The addresses of such kernels are
// computed in another way.
const options = { batchSize, float: "f32", minCycles: 0 } as const;
const apart = compilation.lowered.map((program) =>
  scheduledVectors(program, options, { skip: ["deduplicate-kernels"] }),
);
const together = runStage(deduplicateKernels, apart, options);

async function moduleOf(loops: readonly LoopProgram[]) {
  const programs = loops.map((program) => placedVectors(program, options));
  const plan = planOf(programs, storage, batchSize);
  return { plan, module: await assembleWasm(programs, plan, { float: "f32", batchSize }) };
}

/** The content of storage after two training steps, and a prediction and an evaluation of fewer rows. */
async function trained(loops: readonly LoopProgram[], threads: number) {
  const { plan, module } = await moduleOf(loops);
  const running = instantiate(module, { threads });
  for (const [name, placement] of plan.storage) {
    const view = running.view(placement);
    if (placement.buffer.element === "i32") view.fill(0);
    else for (let i = 0; i < view.length; i++) view[i] = Math.sin(i + name.length) / 4;
  }
  for (const name of ["gradient", "update", "gradient", "update"]) running.call(name, batchSize);
  for (const name of ["predict", "evaluate"]) running.call(name, batchSize - 2);
  return [...plan.storage].map(([name, placement]) => [name, Array.from(running.view(placement))]);
}

/** The number of operations in the innermost loops of each kernel. */
const innermostWork = (loops: readonly LoopProgram[]): number[] =>
  loops
    .flatMap((program) => placedVectors(program, options).kernels)
    .map((kernel: Kernel) => {
      let work = 0;
      visitStatements(kernel.body, (loop) => {
        if (loop.kind !== "for" || loop.body.some(({ kind }) => kind === "for")) return;
        for (const statement of loop.body) for (const x of expressionsOf(statement)) visit(x, () => work++);
      });
      return work;
    });

describe("kernels with equal loops", () => {
  it.each([1, 3])("give the same bits as separate kernels, divided among %d threads", async (threads) => {
    expect(await trained(together, threads)).toEqual(await trained(apart, 1));
  });

  it("are one function for all layers and programs", async () => {
    const [one, many] = [await moduleOf(together), await moduleOf(apart)];
    const kernel = /^\(func \$(?!extent_of|part_of)\w+_(forward|backward|update|predict|evaluate|totals)/gm;
    const functions = (text: string) => text.match(kernel)?.length ?? 0;
    expect(functions(one.module.text)).toBeLessThan(functions(many.module.text) * 0.7);
    expect(one.module.bytes.length).toBeLessThan(many.module.bytes.length * 0.75);
    expect(one.module.text).toMatch(/^;; Also called for .*dense3/m);
  });

  it("have no more work in their innermost loops", () => {
    const before = innermostWork(apart);
    innermostWork(together).forEach((work, i) => expect(work).toBeLessThanOrEqual(before[i]));
  });

  it("get as arguments the same buffers in the same order: temporaries of every program, parameters of every layer", () => {
    const shared = together.flatMap(({ name, kernels }) =>
      kernels.flatMap((kernel) => (kernel.shared ? [`${name}: ${kernel.shared.addresses.join(", ")}`] : [])),
    );
    expect(shared.filter((text) => text.includes("dense2.weight"))).toMatchInlineSnapshot(`
      [
        "gradient: dense2.bias, dense1, dense2.weight, dense2_sum",
        "gradient: dense1, d_dense2_sum, gradient:dense2.weight",
        "gradient: d_dense2_sum, dense2.weight, dense1, d_dense1_sum",
        "predict: dense2.bias, dense1, dense2.weight, dense2_sum",
        "evaluate: dense2.bias, dense1, dense2.weight, dense2_sum",
      ]
    `);
  });
});
