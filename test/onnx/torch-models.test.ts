// Models that PyTorch exports as ONNX files, compared with PyTorch: outputs, and the gradients of all parameters, in
// f64 and f32. If a test fails, an imported model predicts or learns something else than the model in PyTorch.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Node } from "../../src/compiler/ir/nodes.ts";
import { boundShape } from "../../src/compiler/ir/types.ts";
import type { Shape } from "../../src/compiler/ir/types.ts";
import { importGraph } from "../../src/compiler/library/onnx/import-graph.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import { shapeOfInput } from "../../src/compiler/library/onnx/model.ts";
import type { Element } from "../../src/compiler/library/onnx/model.ts";
import { isKnown, knownTensor, typeOfElement } from "../../src/compiler/library/onnx/values.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { gradientsOfSum } from "../../src/compiler/passes/derivatives/gradients-of.ts";
import { runAsLoops } from "../support/run-loops.ts";
import { runWasm, wasmOf } from "../support/run-wasm.ts";
import { lacksModules, python } from "../support/python.ts";

const exported = z.object({
  name: z.string(),
  file: z.base64(),
  rows: z.int(),
  x: z.array(z.number()),
  y: z.array(z.number()),
  weight: z.array(z.number()),
  gradients: z.record(z.string(), z.array(z.number())),
});
type Exported = z.infer<typeof exported>;

const names = [
  "mlp",
  "cnn",
  "encoder",
  "gpt",
  "attention",
  "multihead",
  "multihead-weights",
  "post-norm",
  "lstm",
  "bilstm",
  "gru",
  "rnn",
  "decoder",
  "sequence",
  "mobile",
];

const script = fileURLToPath(new URL("torch_models.py", import.meta.url));

/** The outputs and the gradients of the weighted sum of the outputs, by storage. */
async function computed({ file, rows, x, weight }: Exported, float: "f32" | "f64", target: "ts" | "wasm") {
  const model = readModel(Buffer.from(file, "base64"));
  const g = createBuilder(float);
  const given = new Map<string, Tensor>();
  const parameters = new Map<string, Node>();
  const leaf = (name: string, element: Element, shape: Shape, values: ArrayLike<number>): Node => {
    given.set(name, { shape: boundShape(shape, rows), data: Float64Array.from(values) });
    return g.input({ name, type: { element: typeOfElement(element, float), shape } });
  };
  const [input] = model.inputs;
  const results = importGraph(model, {
    g,
    inputs: new Map([[input.name, leaf("x", input.element, shapeOfInput(input), x)]]),
    initialiser(name, data) {
      if (data.element !== "real") return knownTensor(data);
      const node = leaf(`parameter ${name}`, "real", data.shape, data.values);
      parameters.set(name, node);
      return node;
    },
    constant: (name, { element, shape, values }) =>
      leaf(`constant ${name}`, element, shape, values.map(Number)),
    gradients: (y, xs) => gradientsOfSum(g, y, xs),
  });
  const y = results.get("y");
  if (y === undefined || isKnown(y)) throw new Error("the output does not depend on the input");
  const weights = leaf("weight", "real", y.type.shape, weight);
  const gradients = gradientsOfSum(g, g.multiply(weights, y), [...parameters.values()]);
  const graph = makeGraph("gradient", [
    { storage: "y", node: y },
    ...[...parameters.keys()].map((name, i) => ({ storage: `gradient ${name}`, node: gradients[i] })),
  ]);
  if (target === "ts") return runAsLoops(graph, given, rows, { float, batchSize: rows });
  return runWasm(await wasmOf(graph, { float, batchSize: rows, vectors: true }), given, rows, 1);
}

/** The largest difference, relative to the largest expected number or to 1. */
function distance(found: Tensor | undefined, expected: readonly number[]): number {
  if (found?.data.length !== expected.length) return Infinity;
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(found.data[i] - value)), 0) / scale;
}

describe.skipIf(lacksModules("torch", "onnx"))(
  "models of PyTorch (need python3-torch and python3-onnx)",
  () => {
    const models = new Map<string, Exported>();
    beforeAll(() => {
      const { stdout, stderr } = spawnSync(python, [script], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      });
      for (const line of stdout.trim().split("\n")) {
        const model = exported.parse(JSON.parse(line));
        models.set(model.name, model);
      }
      if (models.size < names.length)
        throw new Error(`PyTorch exported ${models.size} models: ${stderr.slice(-1000)}`);
    }, 120_000);

    describe.each([
      ["f64", "wasm", 1e-10, 1e-9],
      ["f64", "ts", 1e-10, 1e-9],
      ["f32", "wasm", 1e-5, 1e-5],
    ] as const)("in %s on the target %s", (float, target, ofOutputs, ofGradients) => {
      it.each(names)("%s", async (name) => {
        const model = exported.parse(models.get(name));
        const values = await computed(model, float, target);
        expect(distance(values.get("y"), model.y), "outputs").toBeLessThan(ofOutputs);
        for (const [parameter, gradient] of Object.entries(model.gradients))
          expect(distance(values.get(`gradient ${parameter}`), gradient), parameter).toBeLessThan(
            ofGradients,
          );
      });
    });
  },
);
