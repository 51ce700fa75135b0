// A network with three heads, each with a loss, a weight, metrics, and weights of classes or rows, compared
// with PyTorch in f64. If a test fails, a model with several targets learns from a wrong loss or reports
// wrong metrics.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { defineModel } from "../../src/index.ts";
import { streamOf } from "../support/tensors.ts";
import { lacksModules, python } from "../support/python.ts";

const rows = 7;
const classWeights = [0.5, 2, 1.25];
const weights = { kind: 0.5, price: 1, size: 1.75 };
const l2 = 0.01;
const huber = { type: "huber" as const, delta: 0.5 };
/** The root of the mean Huber loss: a loss that is not a mean. */
const rootOfHuber = {
  formula:
    "sqrt(mean(abs(prediction - target) < 0.5 ? 0.5 * (prediction - target)^2 : 0.5 * (abs(prediction - target) - 0.25)))",
};

const specOf = (isRoot: boolean, accumulate: number) =>
  defineModel({
    name: "heads",
    inputs: { x: { shape: [3] }, trust: { shape: [] } },
    targets: { kind: { classes: 3 }, price: { shape: [] }, size: { shape: [2] } },
    network: [
      { type: "dense", name: "shared", units: 5, activation: "tanh" },
      { type: "dense", name: "head1", from: "shared", units: 3 },
      { type: "dense", name: "head2", from: "shared", units: 1 },
      { type: "dense", name: "head3", from: "shared", units: 2 },
    ],
    losses: {
      // The order of the targets counts, not that of the losses.
      size: { loss: isRoot ? rootOfHuber : huber, from: "head3", weight: weights.size, metrics: ["r2"] },
      kind: {
        loss: "cross-entropy",
        from: "head1",
        weight: weights.kind,
        metrics: ["accuracy"],
        classWeights,
      },
      price: { loss: "mse", from: "head2", metrics: ["mae", "rmse"], sampleWeights: "trust" },
    },
    regularization: { l2 },
    optimizer: { type: "sgd", learningRate: 0.1 },
    training: { epochs: 1, batchSize: accumulate === 1 ? 16 : 3, accumulate },
  });

const random = streamOf(14);
const list = (length: number, draw = () => random.unit() * 2 - 1) => Array.from({ length }, draw);
const batch = {
  x: list(rows * 3),
  trust: list(rows, () => 0.2 + random.unit()),
  kind: [0, 2, -1, 1, 2, 0, 1],
  price: list(rows),
  size: list(rows * 2),
};

const numbers = z.array(z.number());
const reply = z.object({
  loss: z.number(),
  figures: z.record(z.string(), z.number()),
  predictions: z.record(z.string(), numbers),
  gradients: z.record(z.string(), numbers),
});

function inPyTorch(request: object): z.infer<typeof reply> {
  const program = fileURLToPath(new URL("several-losses.py", import.meta.url));
  const { stdout, stderr, status } = spawnSync(python, [program], {
    input: JSON.stringify(request),
  });
  if (status !== 0) throw new Error(String(stderr));
  return reply.parse(JSON.parse(String(stdout)));
}

/** The largest difference, relative to the largest number. */
function difference(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = Math.max(1, ...expected.map(Math.abs));
  return Math.max(0, ...expected.map((value, i) => Math.abs((actual[i] ?? NaN) - value))) / scale;
}

const within = 1e-10;

describe.skipIf(lacksModules("torch"))("three losses on three heads (needs PyTorch)", () => {
  test.each([
    ["ts", false, 1],
    ["wasm", false, 1],
    ["ts", true, 1],
    ["wasm", true, 1],
    ["ts", true, 3],
    ["wasm", false, 3],
  ] as const)("%s, root %s, %i batches per step", async (target, isRoot, accumulate) => {
    const compilation = compileFor(parseModel(specOf(isRoot, accumulate)), { target, dtype: "f64" });
    const code = await emitText(compilation, "f64", { isFormatted: false });
    // The module as users import it: predict() returns a record.
    const { transform } = await import("esbuild");
    const { code: script } = await transform(code, { loader: "ts", format: "esm", target: "node20" });
    const module = await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);
    const trainer = module.createTrainer({ seed: 3 });
    for (const view of Object.values<Float64Array>(trainer.parameters)) view.set(list(view.length));
    const shapes: { name: string; shape: number[] }[] = module.model.parameters;
    const expected = inPyTorch({
      parameters: Object.fromEntries(
        shapes.map(({ name, shape }) => [name, { shape, values: Array.from(trainer.parameters[name]) }]),
      ),
      batch,
      weights,
      classWeights,
      l2,
      isRoot,
    });

    const summary = trainer.evaluateAll(batch);
    expect(Object.keys(summary)).toEqual(Object.keys(expected.figures));
    for (const [name, value] of Object.entries(expected.figures))
      expect(difference([summary[name]], [value]), name).toBeLessThan(within);
    if (accumulate === 1) {
      const predictions = trainer.predict({ x: batch.x });
      expect(Object.keys(predictions)).toEqual(["kind", "price", "size"]);
      for (const [name, values] of Object.entries(expected.predictions))
        expect(difference(predictions[name], values), `prediction of ${name}`).toBeLessThan(within);
      expect(difference([trainer.gradient(batch)], [expected.loss])).toBeLessThan(within);
    } else expect(difference([trainer.steps(batch, 1)], [expected.loss])).toBeLessThan(within);
    for (const [name, values] of Object.entries(expected.gradients))
      expect(difference(trainer.gradients[name], values), `gradient of ${name}`).toBeLessThan(within);
  });
});
