// `state_dict`s of PyTorch, imported and compared with PyTorch's predictions. If a test fails, a model that was trained
// in PyTorch predicts something else after the import.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { safetensors } from "../../../../src/command/formats/parameters/formats.ts";
import { numbersFor } from "../../../../src/command/formats/parameters/parameters.ts";
import { resolveTensors } from "../../../../src/command/formats/pytorch/state-dict.ts";
import { compileFor, emitText } from "../../../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../../../src/compiler/load-trainer.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { lacksModules, python } from "../../../support/python.ts";

const moduleOfTorch = z.object({
  name: z.string(),
  file: z.base64(),
  network: z.array(z.any()),
  isWords: z.boolean(),
  input: z.array(z.number()),
  x: z.array(z.number()),
  output: z.array(z.number()),
  y: z.array(z.number()),
});
type ModuleOfTorch = z.infer<typeof moduleOfTorch>;

const script = fileURLToPath(new URL("state_dicts.py", import.meta.url));

function modulesOfTorch(): ReadonlyMap<string, ModuleOfTorch> {
  const { stdout, stderr } = spawnSync(python, [script], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const lines = stdout.split("\n").filter((line) => line !== "");
  const modules = lines.map((line) => moduleOfTorch.parse(JSON.parse(line)));
  if (modules.length < 40) throw new Error(`PyTorch wrote ${modules.length} modules: ${stderr.slice(-1000)}`);
  return new Map(modules.map((each) => [each.name, each]));
}

const specOf = ({ network, input, output, isWords }: ModuleOfTorch) => ({
  name: "imported",
  inputs: { x: { shape: input, ...(isWords && { dtype: "i32" }) } },
  targets: { y: { shape: output } },
  network,
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 1, batchSize: 3 },
});

/** The largest difference from PyTorch's predictions, relative to the largest prediction or to 1. */
async function distance(given: ModuleOfTorch, dtype: "f32" | "f64"): Promise<number> {
  const model = parseModel(specOf(given));
  const emitted = await loadTrainer(
    await emitText(compileFor(model, { dtype }), dtype, { isFormatted: false }),
  );
  const found = safetensors.decode(Buffer.from(given.file, "base64"));
  const { tensors, map, diagnostics } = resolveTensors(model, emitted.model.parameters, found, {
    file: given.name,
    // The names and shapes of a square matrix fit both layouts.
    ...(given.name.includes("square") && { layout: "pytorch" }),
  });
  expect(diagnostics).toEqual([]);
  expect(map, "the map of parameters").toContain("parameters:\n");
  const trainer = emitted.createTrainer();
  for (const tensor of tensors ?? []) trainer.parameters[tensor.name].set(numbersFor(dtype, tensor));
  const predicted = trainer.predict({ x: given.x });
  expect(predicted.length).toBe(given.y.length);
  const scale = given.y.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return given.y.reduce((worst, value, i) => Math.max(worst, Math.abs(predicted[i] - value)), 0) / scale;
}

describe.skipIf(lacksModules("torch"))("state_dicts of PyTorch (need python3-torch)", () => {
  let modules: ReadonlyMap<string, ModuleOfTorch> = new Map();
  beforeAll(() => {
    modules = modulesOfTorch();
  }, 120_000);

  it.each([
    ["f64", 1e-10],
    ["f32", 1e-5],
  ] as const)(
    "predict in %s as in PyTorch within %d",
    async (dtype, tolerance) => {
      for (const [name, given] of modules)
        expect.soft(await distance(given, dtype), name).toBeLessThan(tolerance);
    },
    240_000,
  );
});
