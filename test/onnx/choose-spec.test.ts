// The choice of the spec of an imported ONNX file, with layers that a wrong pattern could have made of it. If a test
// fails, a wrong pattern leads to a wrong spec, or to an internal error.
import { describe, expect, it } from "vitest";
import { chooseSpec } from "../../src/command/onnx/choose-spec.ts";
import { tableText } from "../../src/command/onnx/import-texts.ts";
import type { Draft } from "../../src/command/onnx/recognition.ts";
import { asOneLayer, recogniseModel } from "../../src/command/onnx/recognise.ts";
import { sourceGraph } from "../../src/command/onnx/source-graph.ts";
import { compileFor } from "../../src/compiler/compile-target.ts";
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import { givenModelFiles } from "../../src/compiler/spec/model-files.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { dense, modelBytes, reals, valueInfo } from "./make-model.ts";

/** Chooses the spec of a file after `change` has made the recognised layers wrong. */
function chosenFor(bytes: Uint8Array, change: (drafts: readonly Draft[]) => void) {
  const model = readModel(bytes);
  const source = sourceGraph(model);
  const layers = recogniseModel(source, model, "model.onnx");
  change(layers.drafts);
  const candidates = [layers, ...asOneLayer(source, model, "model.onnx")];
  const chosen = chooseSpec("model.onnx", source, candidates, ({ spec }) => {
    const parsed = parseModel(spec, givenModelFiles({ "model.onnx": bytes }));
    compileFor(parsed, { dtype: "f64" });
    return { model: parsed };
  });
  return { chosen, text: tableText("model.onnx", source, chosen) };
}

const setKeys = (draft: Draft, keys: Record<string, unknown>): unknown => Object.assign(draft.keys, keys);
const noBias = new Map([["weight", { shape: [2, 3], data: new Float64Array(6) }]]);

const wrong: readonly (readonly [what: string, change: (drafts: readonly Draft[]) => void, said: string])[] =
  [
    [
      "another activation",
      ([, relu]) => setKeys(relu, { fn: "tanh" }),
      'the output "y" differs by 3.47, and its largest value is 4.47',
    ],
    [
      "an infinite activation",
      ([, relu]) => setKeys(relu, { fn: "leaky-relu", slope: 1e308 }),
      'the output "y" differs by Infinity, and its largest value is 4.47',
    ],
    [
      "a number of units that does not fit the output",
      ([layer]) => setKeys(layer, { units: 4 }),
      "they are not a valid spec: loss: mse compares element by element, but the output has the shape [n, 4]",
    ],
    [
      "a key that no layer has",
      ([layer]) => setKeys(layer, { unit: 3 }),
      'they are not a valid spec: network[0]: unknown key "unit"',
    ],
    [
      "a parameter without values",
      ([layer]) => Object.assign(layer, { parameters: noBias }),
      "the parameter dense1.bias of the shape [3] has no values of this shape",
    ],
  ];

describe("layers that do not compute what the file computes", () => {
  const bytes = modelBytes(dense);

  it("the recognised layers are chosen if they are right", () => {
    const { chosen, text } = chosenFor(bytes, () => {});
    expect(chosen.differences).toEqual([]);
    expect(chosen.recognised.spec.network).toEqual([{ type: "dense", units: 3, activation: "relu" }]);
    expect(text).not.toContain("bug");
  });

  it.each(wrong)("one layer onnx replaces %s", (_, change, said) => {
    const { chosen, text } = chosenFor(bytes, change);
    expect(chosen.recognised.spec.network).toEqual([{ type: "onnx", file: "model.onnx" }]);
    expect(chosen.recognised.parameters).toEqual([]);
    expect(text).toContain("2 nodes in 1 layer\n\nonnx1  gemm: Gemm Relu\n");
    expect(text).toContain(
      `\nThe recognised layers do not compute what the file computes, which is a bug in tapeless:\n  ${said}`,
    );
    expect(text).toContain("\nSo one layer of the type onnx contains the whole file.\n");
  });

  it("a file that one layer onnx cannot contain is refused", () => {
    const two = modelBytes({
      name: "two",
      input: [valueInfo("x", ["batch", 2]), valueInfo("z", ["batch", 2])],
      output: [valueInfo("y", ["batch", 3])],
      initializer: [reals("w", [2, 3], [1, 2, 3, 4, 5, 6]), reals("b", [3], [0, 0, 0])],
      node: [
        { name: "sum", opType: "Add", input: ["x", "z"], output: ["s"] },
        { name: "gemm", opType: "Gemm", input: ["s", "w", "b"], output: ["y"] },
      ],
    });
    const refused = (change: (drafts: readonly Draft[]) => void): unknown => {
      try {
        return chosenFor(two, change);
      } catch (error) {
        return error instanceof DiagnosticError ? error.diagnostics : error;
      }
    };
    expect(chosenFor(two, () => {}).chosen.differences).toEqual([]);
    expect(refused(([sum]) => Object.assign(sum, { type: "multiply" }))).toEqual([
      {
        code: "T3008",
        severity: "error",
        message: "no layers compute what the file computes, which is a bug in tapeless",
        location: { file: "model.onnx" },
        notes: [expect.stringMatching(/^the output "y" differs by [\d.]+, and its largest value is [\d.]+$/)],
      },
    ]);
    expect(refused(([, layer]) => setKeys(layer, { units: 4 }))).toMatchObject([{ code: "T1401" }]);
  });
});
