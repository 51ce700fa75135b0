// Indices in the data, with which embeddings select rows of their table. If a test fails, an invalid index in
// a data row reads memory outside the table, or ends the program.
import { expect, describe, it } from "vitest";
import { loadTrainer } from "../../../../src/compiler/load-trainer.ts";
import { compileFor, emitText } from "../../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";

/** Embeddings whose indices pass through other layers first. */
const spec: ModelSpec = {
  name: "far",
  inputs: { a: { shape: [2], dtype: "i32" }, b: { shape: [2], dtype: "i32" } },
  targets: { y: { shape: [1] } },
  network: [
    { type: "concat", name: "both", from: ["a", "b"] },
    { type: "reshape", shape: [2, 2] },
    { type: "embedding", vocabulary: 5, units: 3 },
    { type: "flatten", name: "vectors" },
    { type: "reshape", from: "b", shape: [2, 1] },
    { type: "embedding", vocabulary: 4, units: 3 },
    { type: "flatten", name: "others" },
    { type: "concat", from: ["vectors", "others"] },
    { type: "dense", units: 1 },
  ],
  loss: "mse",
  optimizer: "adam",
  training: { epochs: 1, batchSize: 2 },
};

const compilation = compileFor(parseModel(spec), { target: "wasm", dtype: "f32" });
const code = emitText(compilation, "f32", { isFormatted: false, isProgram: false });
const good = { a: [0, 4, 1, 2], b: [3, 0, 1, 2], y: [0.5, 1] };

describe.each(["simd", "ts"] as const)("an index outside of a table, on the backend %s", (backend) => {
  it.each([
    ["a", 5, "a, row 1: 5 is not an index from 0 to 4"],
    ["a", -1, "a, row 1: -1 is not an index from 0 to 4"],
    ["a", 1.5, "a, row 1: 1.5 is not an index from 0 to 4"],
    ["b", 4, "b, row 1: 4 is not an index from 0 to 3"],
    ["b", 0x7fffffff, "b, row 1: 2147483647 is not an index from 0 to 3"],
  ])("is rejected: input %s, index %d", async (name, index, message) => {
    const trainer = (await loadTrainer(await code)).createTrainer({ backend });
    const bad = { ...good, [name]: [0, 1, index, 2] };
    expect(() => trainer.step(bad)).toThrow(message);
    expect(() => trainer.steps(bad, 2)).toThrow(message);
    const { y: _, ...inputs } = bad;
    expect(() => trainer.predict(inputs)).toThrow(message);
    expect(Number.isFinite(trainer.steps(good, 2))).toBe(true);
  });
});
