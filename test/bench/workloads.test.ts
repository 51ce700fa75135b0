// The assumptions of the comparison with other libraries. If a test fails, a workload cannot be learned, or
// its operations are counted incorrectly. (`npm run bench` measures the speeds.)
import { describe, expect, test } from "vitest";
import { flopsOfProgram } from "../../src/studio/explain/target-kernels.ts";
import { compileModel } from "../../src/compiler/pipeline.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { trainerFor } from "./emitted.ts";
import { batchCount, dataOf } from "./workload-data.ts";
import { specOf, workloadNamed, workloads } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

/** The rows of one batch. */
const batchOf = (workload: Workload, index: number): Batch =>
  Object.fromEntries(
    Object.entries(dataOf(workload)).map(([name, values]) => {
      const size = values.length / batchCount;
      return [name, values.subarray(index * size, (index + 1) * size)];
    }),
  );

describe("a workload", () => {
  test.each(workloads)(
    "$name can be learned: its loss is lower in the fourth pass over its batches",
    async (workload) => {
      const trainer = await trainerFor(specOf(workload));
      const batches = Array.from({ length: batchCount }, (_, i) => batchOf(workload, i));
      const pass = () => batches.reduce((sum, batch) => sum + trainer.step(batch), 0);
      const passes = [pass(), pass(), pass(), pass()];
      expect(passes[3]).toBeLessThan(passes[0]);
    },
    60_000,
  );

  test("has rows that contradict each other, so that no loss falls to zero", () => {
    const { x, y } = dataOf(workloadNamed("tiny"));
    const rows = Array.from({ length: 64 }, (_, row) => row).filter((row) => row % 5 === 4);
    expect(
      rows.every(
        (row) => x.subarray(4 * row, 4 * row + 4).join() === x.subarray(4 * row - 4, 4 * row).join(),
      ),
    ).toBe(true);
    expect(rows.some((row) => y[row] !== y[row - 1])).toBe(true);
  });
});

describe("operations of a step of mnist agree with a count by hand", () => {
  const compilation = compileModel(parseModel(specOf(workloadNamed("mnist"))), { dtype: "f32" });

  test("in the gradient: five products, and less than 0.5 % for all elementwise operations", () => {
    const products = 2 * 32 * (784 * 128 + 128 * 10 + 128 * 10 + 128 * 10 + 784 * 128);
    const counted = flopsOfProgram(compilation, "gradient");
    expect(counted).toBeGreaterThan(products);
    expect(counted).toBeLessThan(1.005 * products);
  });

  test("in the update: 3 for the mean, 4 for the squares and 6 for each parameter, and a few for the rate", () => {
    const parameters = 784 * 128 + 128 + 128 * 10 + 10;
    const counted = flopsOfProgram(compilation, "update");
    expect(Math.floor(counted / parameters)).toBe(3 + 4 + 6);
    expect(counted % parameters).toBeLessThan(50);
  });

  test("in a product that is added to windows without being materialised", () => {
    const lenet = compileModel(parseModel(specOf(workloadNamed("lenet"))), { dtype: "f32" });
    const [small, large] = [24 * 24 * 8 * 5 * 5, 8 * 8 * 16 * 5 * 5 * 8].map((places) => 2 * 32 * places);
    expect(flopsOfProgram(lenet, "gradient")).toBeGreaterThan(2 * small + 3 * large);
  });
});
