// A trainer for the target wasm, run as a user would run it. If a test fails, the file trains a different
// model on some backend or host, or does not start there.
import type { Target } from "../../../../src/compiler/targets.ts";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "prettier";
import { describe, expect, it } from "vitest";
import { compile } from "../../../../src/compiler/compile.ts";
import { loadTrainer } from "../../../../src/compiler/load-trainer.ts";
import type { EmittedModule } from "../../../../src/compiler/load-trainer.ts";
import { compileFor, emitText } from "../../../../src/compiler/compile-target.ts";
import type { Backend } from "../../../../src/runtime/step/machine.ts";
import type { Trainer } from "../../../../src/runtime/trainer/trainer.ts";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { faultsOf, forbiddenIn } from "../../../support/code-faults.ts";
import { strippedOf } from "../../../support/emitted.ts";
import { batchFor, specs } from "../../../support/specs.ts";

async function moduleOf(spec: ModelSpec, target: Target, dtype: "f32" | "f64" = "f32") {
  const compilation = compileFor(parseModel(spec), { target, dtype });
  return loadTrainer(await emitText(compilation, dtype, { isFormatted: false, isProgram: false }));
}

/** The backends on which this engine runs a module; TypeScript is last. */
function backendsOf({ createTrainer }: EmittedModule): Backend[] {
  const { backend } = createTrainer();
  return backend === "relaxed" ? ["relaxed", "simd", "ts"] : [backend, "ts"];
}

/** The largest |a − b| / (mean |b| + |b|) over all parameters. */
function distance(trainer: Trainer, other: Trainer): number {
  let worst = 0;
  for (const [name, values] of Object.entries(trainer.parameters)) {
    const expected = other.parameters[name];
    const mean = Array.from(expected).reduce((sum, x) => sum + Math.abs(x), 0) / expected.length || 1e-3;
    values.forEach((x, i) => {
      const error = Math.abs(x - expected[i]) / (mean + Math.abs(expected[i]));
      worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
    });
  }
  return worst;
}

describe.each(Object.entries(specs))("%s", (_, spec) => {
  it.each(["f32", "f64"] as const)(
    "%s: trains on every backend like the target ts, and loads its checkpoint",
    async (dtype) => {
      const [module, other] = [await moduleOf(spec, "wasm", dtype), await moduleOf(spec, "ts", dtype)];
      expect(module.model).toEqual({ ...other.model, target: "wasm" });
      const rows = Math.max(2, Math.floor(1.5 * module.model.batchSize));
      const data = batchFor(spec, rows, 1);
      const expected = other.createTrainer({ seed: 3 });
      expected.steps(data, 4);
      expect(backendsOf(module)[0]).not.toBe("ts");
      for (const backend of backendsOf(module)) {
        const trainer = module.createTrainer({ seed: 3, backend });
        expect(trainer.backend).toBe(backend);
        trainer.steps(data, 4);
        expect(distance(trainer, expected), backend).toBeLessThan(dtype === "f32" ? 1e-3 : 1e-8);
        trainer.load(expected.save());
        expect(trainer.parameters).toEqual(expected.parameters);
        expect(trainer.save().length).toBe(expected.save().length + 2);
      }
    },
  );
});

describe("many steps in one call", () => {
  const rows = 3 * 100 + 1;
  const spec: ModelSpec = { ...specs.classifier, training: { ...specs.classifier.training, batchSize: 3 } };
  const data = batchFor(spec, rows, 1);
  const part = (start: number, n: number) =>
    Object.fromEntries(
      Object.entries(data).map(([name, values]) => {
        const size = values.length / rows;
        return [name, Array.from(values).slice(start * size, (start + n) * size)];
      }),
    );

  it("equal single steps, bit for bit, with more batches than fit into memory and with several passes over the data", async () => {
    const { createTrainer } = await moduleOf(spec, "wasm");
    for (const [first, steps] of [
      [0, 250],
      [rows - 40, 2500],
    ]) {
      const [many, single] = [createTrainer({ seed: 1 }), createTrainer({ seed: 1 })];
      const count = rows - first;
      const mean = many.steps(part(first, count), steps);
      let [sum, seen] = [0, 0];
      for (let step = 0, start = 0; step < steps; step++) {
        const n = Math.min(3, count - start);
        sum += n * single.step(part(first + start, n));
        seen += n;
        start = (start + n) % count;
      }
      expect(mean).toBe(sum / seen);
      expect(many.save()).toEqual(single.save());
    }
  });

  it("make up the epochs of fit(), and a resumed training run ends with the same bits", async () => {
    const { createTrainer } = await moduleOf(spec, "wasm");
    const whole = createTrainer({ seed: 5 });
    const { epochs } = whole.fit(data, { epochs: 4 });
    const first = createTrainer({ seed: 5 });
    first.fit(data, { epochs: 2 });
    const second = createTrainer({ seed: 6 });
    second.load(first.save());
    expect(second.fit(data, { epochs: 2 }).epochs).toEqual(epochs.slice(2));
    expect(second.save()).toEqual(whole.save());
  });

  it("stop at the step that diverges, with the same message as single steps", async () => {
    const optimizer = { type: "sgd" as const, learningRate: 1e19 };
    const { createTrainer } = await moduleOf({ ...specs.regression, optimizer }, "wasm");
    const batch = batchFor(specs.regression, 40, 1);
    const messageOf = (backend?: Backend) => {
      try {
        createTrainer({ seed: 1, ...(backend && { backend }) }).fit(batch, { shuffle: false, epochs: 50 });
        return "";
      } catch (error) {
        return String(error)
          .replace(/ is (NaN|-?Infinity)/, "")
          .replace(/; the first.*/, "");
      }
    };
    expect(messageOf()).toMatch(/diverged: the loss at step \d+, in epoch \d+, after an update/);
    expect(messageOf()).toBe(messageOf("ts"));
  });
});

describe("a host that cannot run WebAssembly", () => {
  const script = `
    const { createTrainer } = await import(process.argv[2]);
    const reported = (options) => { try { return createTrainer(options).backend; } catch (error) { return error.name + ": " + error.message; } };
    console.log(JSON.stringify([reported({}), reported({ backend: "simd" }), reported({ backend: "ts" }), reported({ backend: "fast" })]));`;
  const rows = [
    ["without WebAssembly", "delete globalThis.WebAssembly;", "this host has no WebAssembly"],
    ["without SIMD", "WebAssembly.validate = () => false;", "the engine does not support these instructions"],
    [
      "whose policy forbids it",
      'WebAssembly.Module = class { constructor() { throw new Error("blocked by CSP"); } };',
      "blocked by CSP",
    ],
  ] as const;
  it.each(rows)("%s runs the TypeScript kernels, and reports the reason", async (_, before, reason) => {
    const folder = mkdtempSync(join(tmpdir(), "backends-"));
    try {
      const [module, main] = [join(folder, "trainer.mjs"), join(folder, "main.mjs")];
      writeFileSync(module, await strippedOf((await compile(specs.tiny, { target: "wasm" })).code));
      writeFileSync(main, before + script);
      const reported: unknown = JSON.parse(
        execFileSync(process.execPath, [main, `file://${module}`], { encoding: "utf8" }),
      );
      expect(reported).toEqual([
        "ts",
        `InputError: the backend "simd" cannot run here: ${reason}`,
        "ts",
        'InputError: backend must be "relaxed", "simd" or "ts", got "fast"',
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the file", () => {
  it.each(["f32", "f64"] as const)("%s: is strict, formatted and the same every time", async (dtype) => {
    const { code } = await compile(specs.classifier, { dtype, target: "wasm" });
    expect(faultsOf(code)).toEqual([]);
    expect(forbiddenIn(code)).toEqual([]);
    expect(await check(code, { parser: "typescript", printWidth: 110 })).toBe(true);
    expect((await compile(specs.classifier, { dtype, target: "wasm" })).code).toBe(code);
  });
});
