// The view of WebAssembly kernels. If a test fails, an estimate is shown for the wrong kernel.
import { describe, expect, it } from "vitest";
import { measureClock, measureKernels } from "../../../src/studio/measure/measure-kernels.ts";
import type { KernelTimes } from "../../../src/studio/measure/measure-kernels.ts";
import { memoryView } from "../../../src/studio/views/memory-view.ts";
import { wasmKernelsView } from "../../../src/studio/views/wasm-kernels-view.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

const compilation = compileFor(
  parseModel({
    name: "small",
    inputs: { x: { shape: [6] } },
    targets: { y: { shape: [], classes: 3 } },
    network: [
      { type: "dense", units: 16, activation: "tanh" },
      { type: "batch-norm" },
      { type: "dropout", rate: 0.5 },
      { type: "dense", units: 3 },
    ],
    loss: "cross-entropy",
    optimizer: { type: "adam", learningRate: 0.01 },
    training: { epochs: 1, batchSize: 8, seed: 1 },
  }),
  { dtype: "f32", target: "wasm" },
);
const { vectors } = compilation;
if (vectors === undefined) throw new Error("the target wasm has programs of its own");
const placed = vectors.programs.flatMap(({ kernels }) => kernels);
const viewOf = (times?: KernelTimes, text?: "loops" | "wat") =>
  wasmKernelsView({ compilation, reports: [], of: undefined, times, text }, vectors);

interface Facts {
  readonly programs: readonly {
    readonly program: string;
    readonly kernels: readonly {
      readonly name: string;
      readonly estimatedCycles: number;
      readonly measuredCycles?: number;
      readonly microseconds?: number;
      readonly loops: string;
      readonly wat: string;
    }[];
  }[];
}
const kernelsOf = (json: unknown) => (json as Facts).programs.flatMap(({ kernels }) => kernels);

describe("the kernels of WebAssembly", () => {
  it("each has its assembled function and an estimate", () => {
    const kernels = kernelsOf(viewOf().json());
    expect(kernels.map(({ name }) => name)).toEqual(placed.map(({ name }) => name));
    for (const { wat, loops, name, estimatedCycles } of kernels) {
      expect(wat).toMatch(/^\(func \$\w+ \(param \$n i32\)/);
      expect(loops).toContain(`kernel ${name}\n`);
      expect(estimatedCycles).toBeGreaterThan(0);
    }
  });

  it("have the measured time of the same kernel, in cycles of the measured clock", () => {
    const microseconds = new Map(placed.map((kernel, place) => [kernel, place + 1]));
    const kernels = kernelsOf(viewOf({ backend: "simd", gigahertz: 2, microseconds }).json());
    expect(kernels.map((kernel) => kernel.microseconds)).toEqual(placed.map((_, place) => place + 1));
    expect(kernels.map((kernel) => kernel.measuredCycles)).toEqual(
      placed.map((_, place) => 2000 * (place + 1)),
    );
    const text = viewOf({ backend: "relaxed", gigahertz: 2, microseconds }).text();
    expect(text).toContain("clock rate is 2.00 GHz");
    const { name, estimatedCycles } = kernels[0];
    const line = text.split("\n").find((each) => each.startsWith(`  ${name} `));
    expect(line?.trim().split(/ {2,}/).slice(-5, -1)).toEqual([
      `${estimatedCycles}`,
      "2000",
      (2000 / estimatedCycles).toFixed(3),
      "1",
    ]);
  });

  it("show no measured values without a measurement", () => {
    const view = viewOf();
    expect(view.text()).not.toContain("measured");
    expect(JSON.stringify(view.json())).not.toMatch(/measured|microseconds/);
  });

  it("show their formulas above either form", () => {
    for (const form of ["loops", "wat"] as const)
      expect(viewOf(undefined, form).text()).toMatch(/^ *(\/\/|;;) dense1_product = x · dense1\.weight$/m);
  });

  it("are all measured, on memory that never traps", async () => {
    const { microseconds, gigahertz } = await measureKernels(compilation);
    expect([...microseconds.keys()]).toEqual(placed);
    for (const time of microseconds.values()) expect(time).toBeLessThan(10_000);
    expect(gigahertz).toBeGreaterThan(0.1);
  });
});

it("the clock rate is plausible: a chain that an engine could shorten would be faster", async () => {
  const gigahertz = await measureClock();
  expect(gigahertz).toBeGreaterThan(0.1);
  expect(gigahertz).toBeLessThan(8);
});

it("the shown memory is that of the target", () => {
  const { bytes } = vectors.plan;
  expect(memoryView({ compilation, reports: [], of: undefined }).text()).toContain(`arena ${bytes} bytes`);
});
