// The tests of ONNX itself: models of one or a few nodes, with inputs and expected outputs. Debian has them as
// `libonnx-testdata`. Each model is imported, and its graph runs in the interpreter, as the loops of the target ts,
// and as WebAssembly.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../src/compiler/ir/nodes.ts";
import { importGraph } from "../../src/compiler/library/onnx/import-graph.ts";
import { InvalidModel } from "../../src/compiler/library/onnx/invalid-model.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import type { OnnxModel, TensorData } from "../../src/compiler/library/onnx/model.ts";
import { TensorProtoSchema } from "../../src/compiler/util/onnx/onnx_pb.js";
import { tensorData } from "../../src/compiler/library/onnx/tensor-data.ts";
import { isKnown, known, knownTensor, typeOfElement } from "../../src/compiler/library/onnx/values.ts";
import type { Value } from "../../src/compiler/library/onnx/values.ts";
import { flopsOf } from "../../src/compiler/lower/flops.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { gradientsOfSum } from "../../src/compiler/passes/derivatives/gradients-of.ts";
import { runAsLoops } from "../support/run-loops.ts";
import { runWasm, wasmOf } from "../support/run-wasm.ts";

export const root = "/usr/share/libonnx-testdata/data";

export const hasSuite = (): boolean => existsSync(root);

/** The folders of the suite: single nodes, models that PyTorch exported, and models of several nodes. */
export const suites = ["node", "pytorch-converted", "pytorch-operator", "simple"] as const;
export type Suite = (typeof suites)[number];

export const testsOf = (suite: Suite): readonly string[] => readdirSync(join(root, suite)).sort();

/**
 * Which inputs are constants while the graph is built. An exported model computes with constant shapes, axes and
 * bounds; a test of a single node has them as inputs. The first of these ways that the importer accepts is taken.
 */
const ways = [
  { name: "no input", isConstant: () => false },
  { name: "the integers", isConstant: (data: TensorData) => data.element !== "real" },
  { name: "all inputs but the first", isConstant: (_: TensorData, index: number) => index > 0 },
  { name: "all inputs", isConstant: () => true },
] as const;

export type Outcome =
  | { readonly kind: "passes"; readonly constants: string }
  | { readonly kind: "unsupported"; readonly reason: string };

interface Case {
  readonly model: OnnxModel;
  readonly inputs: readonly TensorData[];
  readonly outputs: readonly TensorData[];
}

function tensorsOf(folder: string, kind: "input" | "output"): TensorData[] {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${kind}_`));
  return files.map((_, i) => {
    const file = `${kind}_${i}.pb`;
    return tensorData(fromBinary(TensorProtoSchema, readFileSync(join(folder, file))), file);
  });
}

/** The graph of a test for one way, with the values of its leaves. */
function built(
  { model, inputs }: Case,
  isConstant: (data: TensorData, index: number) => boolean,
  float: "f32" | "f64",
) {
  const g = createBuilder(float);
  const given = new Map<string, Tensor>();
  const leaves: { readonly name: string; readonly node: Node }[] = [];
  const leaf = (name: string, data: TensorData): Node => {
    given.set(name, { shape: data.shape, data: Float64Array.from(data.values) });
    const node = g.input({ name, type: { element: typeOfElement(data.element, float), shape: data.shape } });
    leaves.push({ name, node });
    return node;
  };
  const values = model.inputs.map(({ name }, i): [string, Value] => {
    const data = inputs[i];
    // Loops have no axes without elements.
    const isKnownNow = isConstant(data, i) || data.shape.includes(0);
    return [name, isKnownNow ? knownTensor(data) : leaf(`input ${name}`, data)];
  });
  const results = importGraph(model, {
    g,
    inputs: new Map(values),
    initialiser: (name, data) =>
      data.element === "real" ? leaf(`parameter ${name}`, data) : knownTensor(data),
    constant: (name, { element, shape, values: list }) =>
      leaf(`constant ${name}`, { element, shape, values: list.map(Number) }),
    gradients: (y, xs) => gradientsOfSum(g, y, xs),
  });
  return {
    g,
    leaves,
    results: model.outputs.map((name) => results.get(name) ?? known("real", [0], [])),
    given,
  };
}

/** Builds the graph in the first way that works. The reason of the first refusal that remains is the outcome. */
export function firstBuilt(test: Case, float: "f32" | "f64" = "f64") {
  let reason = "";
  for (const { name, isConstant } of ways)
    try {
      return { name, ...built(test, isConstant, float) };
    } catch (error) {
      if (!(error instanceof InvalidModel)) throw error;
      reason = error.message;
    }
  return reason;
}

/** The tolerance of ONNX's own runner for its tests. */
const isNear = (actual: number, expected: number): boolean =>
  Object.is(actual, expected) ||
  actual === expected ||
  Math.abs(actual - expected) <= 1e-7 + 1e-3 * Math.abs(expected);

function difference(actual: Tensor, expected: TensorData): string | undefined {
  if (actual.shape.join() !== expected.shape.join())
    return `has the shape [${actual.shape.join()}], expected [${expected.shape.join()}]`;
  const wrong = Array.from(actual.data).findIndex((x, i) => !isNear(x, expected.values[i]));
  return wrong < 0 ? undefined : `has ${actual.data[wrong]} at ${wrong}, expected ${expected.values[wrong]}`;
}

/**
 * Whether the interpreter of loops runs the graph in a second or two. The suite has three larger ones, which run only
 * as WebAssembly.
 */
const isSmall = (graph: Graph): boolean => graph.nodes.reduce((sum, node) => sum + flopsOf(node, 1), 0) < 2e6;

/**
 * Tests whose files contradict themselves, and how. They are not run.
 */
const contradictions: ReadonlyMap<string, string> = new Map([
  ["test_adam_multiple", "the expected values need an epsilon of 0.01, which the node does not have"],
  ["test_cast_BFLOAT16_to_FLOAT", "the file of the input has the element type uint16"],
  ["test_cast_FLOAT_to_BFLOAT16", "the file of the output has the element type uint16"],
  ["test_castlike_BFLOAT16_to_FLOAT", "the file of the input has the element type uint16"],
  ["test_castlike_BFLOAT16_to_FLOAT_expanded", "the file of the input has the element type uint16"],
  ["test_castlike_FLOAT_to_BFLOAT16", "the file of the output has the element type uint16"],
  ["test_castlike_FLOAT_to_BFLOAT16_expanded", "the file of the output has the element type uint16"],
]);

/** @throws Error if a result differs from the expected one on any target. */
export async function runTest(suite: Suite, name: string): Promise<Outcome> {
  const contradiction = contradictions.get(name);
  if (contradiction !== undefined) return { kind: "unsupported", reason: contradiction };
  const folder = join(root, suite, name);
  const test = readOrRefuse(folder);
  if (typeof test === "string") return { kind: "unsupported", reason: test };
  const found = firstBuilt(test);
  if (typeof found === "string") return { kind: "unsupported", reason: found };
  const { results, given, name: constants } = found;
  const check = (where: string, i: number, actual: Tensor): void => {
    const fault = test.outputs[i] && difference(actual, test.outputs[i]);
    if (fault !== undefined) throw new Error(`${suite}/${name}, ${where}: output ${i} ${fault}`);
  };
  results.forEach((value, i) => {
    if (isKnown(value))
      check("while the graph is built", i, {
        shape: value.shape,
        data: Float64Array.from(value.values, Number),
      });
  });
  const nodes = results.flatMap((node, i) => (isKnown(node) ? [] : [{ storage: `output ${i}`, node }]));
  if (nodes.length === 0) return { kind: "passes", constants };
  const graph = makeGraph("model", nodes);
  const wasm = await wasmOf(graph, { batchSize: 1, vectors: true });
  const runs = {
    "target wasm": runWasm(wasm, given, 1, 1),
    ...(!isDouble.has(name) && { "target wasm, f32": await runSingle(test) }),
    ...(isSmall(graph) && { "target ts": runAsLoops(graph, given, 1, { batchSize: 1 }) }),
  };
  for (const [where, values] of Object.entries(runs))
    for (const { storage } of nodes) {
      const actual = values.get(storage);
      if (actual === undefined) throw new Error(`${suite}/${name}, ${where}: ${storage} has no value`);
      check(where, Number(storage.slice("output ".length)), actual);
    }
  return { kind: "passes", constants };
}

/** Tests that run only in f64, because they have numbers beyond the range of f32. */
const isDouble: ReadonlySet<string> = new Set([
  "test_operator_add_broadcast",
  "test_operator_add_size1_right_broadcast",
  "test_operator_add_size1_singleton_broadcast",
  "test_operator_addconstant",
]);

/** The values of the outputs on the target wasm in f32. */
async function runSingle(test: Case): Promise<ReadonlyMap<string, Tensor>> {
  const found = firstBuilt(test, "f32");
  if (typeof found === "string") throw new Error(`in f32: ${found}`);
  const nodes = found.results.flatMap((node, i) => (isKnown(node) ? [] : [{ storage: `output ${i}`, node }]));
  const wasm = await wasmOf(makeGraph("model", nodes), { float: "f32", batchSize: 1, vectors: true });
  return runWasm(wasm, found.given, 1, 1);
}

/** The test, or the reason why its files cannot be read. */
export function readOrRefuse(folder: string): Case | string {
  try {
    const model = readModel(readFileSync(join(folder, "model.onnx")));
    const data = join(folder, "test_data_set_0");
    return { model, inputs: tensorsOf(data, "input"), outputs: tensorsOf(data, "output") };
  } catch (error) {
    if (!(error instanceof InvalidModel)) throw error;
    return error.message;
  }
}
