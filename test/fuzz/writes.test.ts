// The fuzzer's check that the kernels of a trainer write only to the buffers that their loops name. If a test
// fails, the fuzzer misses a kernel that writes outside a buffer, or reports a correct kernel.
import { describe, expect, it } from "vitest";
import { compileFor } from "../../src/compiler/compile-target.ts";
import type { VectorPrograms } from "../../src/compiler/pipeline.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { modelFacts } from "../../src/compiler/trainer/trainer-facts.ts";
import { randomData } from "./random-batch.ts";
import { withThreads } from "./threads.ts";
import { strayWrite } from "./writes.ts";

const model = parseModel({
  name: "fuzz",
  inputs: { x: { shape: [5] } },
  targets: { y: { shape: [3] } },
  network: [
    { type: "dense", units: 7, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 1, batchSize: 5 },
});
const compilation = compileFor(model, { dtype: "f32", target: "wasm" });
const { vectors } = compilation;
if (vectors === undefined) throw new Error("there are no vectors");
const data = randomData(modelFacts(model, compilation.built, "f32", "wasm"), model, 1);

/** The same kernels, with a memory plan in which the buffer has one column less. */
const withNarrow = (programs: VectorPrograms, name: string): VectorPrograms => ({
  ...programs,
  programs: programs.programs.map((program) => ({
    ...program,
    buffers: new Map(
      [...program.buffers].map(([key, buffer]) => {
        const shape = buffer.shape.map((size, axis) =>
          axis === 1 && typeof size === "number" ? size - 1 : size,
        );
        return [key, key === name ? { ...buffer, shape } : buffer];
      }),
    ),
  })),
});

describe("writes", () => {
  it.each([1, 2] as const)(
    "of correct kernels are inside their buffers, with %d threads",
    async (threads) => {
      const programs = threads === 1 ? vectors : withThreads(compilation, "f32");
      expect(await strayWrite(programs, 5, data, { rows: [5, 2], threads })).toBeUndefined();
    },
  );

  it("after the end of a buffer are found", async () => {
    const found = await strayWrite(withNarrow(vectors, "result:output"), 5, data, { rows: [5], threads: 1 });
    expect(found).toMatch(/^predict, kernel .*, with 5 of 5 rows: writes to byte \d+ of result:output/);
  });
});
