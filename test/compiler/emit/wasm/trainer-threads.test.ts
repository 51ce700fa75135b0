// A trainer with threads, started as a user would start it. If a test fails, threads change the result, or
// keep the process from ending.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileFor, emitText } from "../../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";
import { strippedOf } from "../../../support/emitted.ts";

const batchSize = 128;
/** Large enough for threads to share kernels. */
const spec: ModelSpec = {
  name: "shared",
  inputs: { x: { shape: [256] } },
  targets: { y: { classes: 10 } },
  network: [
    { type: "dense", units: 256, activation: "relu" },
    { type: "dense", units: 10 },
  ],
  loss: "cross-entropy",
  optimizer: "adam",
  training: { epochs: 1, batchSize },
};

/**
 * Trains briefly with the given number of threads. Prints whether memory is shared, the losses and a digest.
 */
const script = `
import { createHash } from "node:crypto";
const [file, threads] = process.argv.slice(2);
const { createTrainer, model } = await import(file);
const data = {
  x: Float32Array.from({ length: 256 * 300 }, (_, i) => Math.fround(((i * 7919) % 1000) / 500 - 1)),
  y: Int32Array.from({ length: 300 }, (_, i) => (i * 31) % 10),
};
const trainer = createTrainer({ seed: 1, backend: "simd", threads: Number(threads) });
const losses = [trainer.steps(data, 5)];
// Gives the other threads time to start.
await new Promise((resolve) => setTimeout(resolve, 500));
losses.push(trainer.steps(data, 20));
const digest = createHash("sha256").update(trainer.save().slice()).digest("hex");
const { buffer } = trainer.parameters["dense1.weight"];
console.log(JSON.stringify({ losses, digest, shared: buffer instanceof SharedArrayBuffer }));
`;

/**
 * The same model with functions that its kernels import from JavaScript, so that a test can replace them in
 * the workers.
 */
const calling: ModelSpec = {
  ...spec,
  network: [
    { type: "dense", units: 256, activation: "tanh" },
    { type: "dense", units: 10 },
  ],
};

/** Takes steps until a step fails. */
const failing = `
const { createTrainer } = await import(process.argv[2]);
const data = { x: new Float64Array(256 * 128).fill(0.1), y: new Int32Array(128) };
const trainer = createTrainer({ seed: 1, backend: "simd", threads: 2 });
try {
  for (;;) {
    trainer.steps(data, 1);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
} catch (error) {
  console.log(error.message);
}
`;

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "threads-"));
  const compilation = compileFor(parseModel(spec), { target: "wasm", dtype: "f32" });
  const code = await emitText(compilation, "f32", { isFormatted: false });
  writeFileSync(join(folder, "trainer.mjs"), await strippedOf(code));
  writeFileSync(join(folder, "main.mjs"), script);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (threads: number, flags: readonly string[] = []): unknown =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [...flags, join(folder, "main.mjs"), `file://${folder}/trainer.mjs`, String(threads)],
      { encoding: "utf8", timeout: 40_000 },
    ),
  );

describe("threads", () => {
  it("change no bit, and do not keep the process from ending", () => {
    const alone = run(1);
    expect(alone).toMatchObject({ shared: false });
    expect({ ...Object(run(3)), shared: false }).toEqual(alone);
    expect(run(3)).toMatchObject({ shared: true });
  });

  it("end the call that waits for them with an error if they fail", async () => {
    const compilation = compileFor(parseModel(calling), { target: "wasm", dtype: "f64" });
    const code = await strippedOf(await emitText(compilation, "f64", { isFormatted: false }));
    const broken = code.replace(
      "servesAsWorker(model, kernels, math)",
      'servesAsWorker(model, kernels, { ...math, tanh() { throw new Error("broken"); } })',
    );
    expect(broken).not.toBe(code);
    writeFileSync(join(folder, "broken.mjs"), broken);
    writeFileSync(join(folder, "failing.mjs"), failing);
    const text = execFileSync(
      process.execPath,
      [join(folder, "failing.mjs"), `file://${folder}/broken.mjs`],
      { encoding: "utf8" },
    );
    expect(text.trim()).toBe("unreachable");
  });

  it("are not used if the host does not allow waiting", () => {
    writeFileSync(join(folder, "poison.mjs"), 'Atomics.wait = () => { throw new TypeError("a page"); };');
    expect(run(3, ["--import", `file://${folder}/poison.mjs`])).toEqual(run(1));
  });
});
