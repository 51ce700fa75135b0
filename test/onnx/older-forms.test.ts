// Forms of operators that the tests of ONNX do not have: older opsets, known operands, and names that occur twice. The
// expected numbers follow from the definitions of the opset; ONNX Runtime 1.21 has the same for Resize, ConvTranspose
// and Hardmax. If a test fails, such a model computes something else than ONNX defines.
import { describe, expect, it } from "vitest";
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import { importGraph } from "../../src/compiler/library/onnx/import-graph.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import { shapeOfInput } from "../../src/compiler/library/onnx/model.ts";
import { isKnown, knownTensor, typeOfElement } from "../../src/compiler/library/onnx/values.ts";
import type { Value } from "../../src/compiler/library/onnx/values.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { interpret } from "../../src/compiler/reference/interpret.ts";
import { AttributeType, DataType, modelBytes, reals, valueInfo } from "./make-model.ts";

type Graph = Parameters<typeof modelBytes>[0];

/** The values of the output "y" for the numbers of the input "x". */
function valuesOf(graph: Graph, x: readonly number[], opset: number): number[] {
  const model = readModel(modelBytes(graph, opset));
  const g = createBuilder("f64");
  const given = new Map<string, Tensor>();
  const leaf = (name: string, element: "real" | "integer" | "boolean", data: Tensor) => {
    given.set(name, data);
    return g.input({ name, type: { element: typeOfElement(element, "f64"), shape: data.shape } });
  };
  const results = importGraph(model, {
    g,
    inputs: new Map(
      model.inputs.map((input): [string, Value] => [
        input.name,
        leaf(input.name, input.element, {
          shape: shapeOfInput(input).map(Number),
          data: Float64Array.from(x),
        }),
      ]),
    ),
    initialiser: (name, data) =>
      data.element === "real"
        ? leaf(name, "real", { shape: data.shape, data: Float64Array.from(data.values) })
        : knownTensor(data),
    constant: (name, { element, shape, values }) =>
      leaf(name, element, { shape, data: Float64Array.from(values, Number) }),
    gradients: (_, xs) => xs,
  });
  const y = results.get("y");
  if (y === undefined) throw new Error("the model has no output y");
  if (isKnown(y)) return y.values.map(Number);
  return Array.from(
    interpret(makeGraph("model", [{ storage: "y", node: y }]), given, 1).get("y")?.data ?? [],
  );
}

const integers = (name: string, values: readonly number[]) => ({
  name,
  dims: [BigInt(values.length)],
  dataType: DataType.INT64,
  int64Data: values.map(BigInt),
});
const ints = (name: string, values: readonly number[]) => ({
  name,
  type: AttributeType.INTS,
  ints: values.map(BigInt),
});
const int = (name: string, value: number) => ({ name, type: AttributeType.INT, i: BigInt(value) });
const text = (name: string, value: string) => ({
  name,
  type: AttributeType.STRING,
  s: new TextEncoder().encode(value),
});

const graph = (
  shape: readonly number[],
  node: NonNullable<Graph["node"]>,
  initializer: NonNullable<Graph["initializer"]> = [],
): Graph => ({
  name: "one",
  input: [valueInfo("x", shape)],
  output: [valueInfo("y", [1])],
  initializer,
  node,
});

describe("older forms and known operands", () => {
  it("Resize of opset 10 places pixels asymmetrically", () => {
    const node = {
      name: "r",
      opType: "Resize",
      input: ["x", "s"],
      output: ["y"],
      attribute: [text("mode", "linear")],
    };
    const found = valuesOf(graph([1, 1, 3], [node], [reals("s", [3], [1, 1, 2])]), [0, 2, 4], 10);
    expect(found).toEqual([0, 1, 2, 3, 4, 4]);
  });

  it("the scales of Resize may be an initialiser", () => {
    const node = {
      name: "r",
      opType: "Resize",
      input: ["x", "", "s"],
      output: ["y"],
      attribute: [text("mode", "nearest")],
    };
    expect(valuesOf(graph([1, 1, 2], [node], [reals("s", [3], [1, 1, 2])]), [3, 7], 13)).toEqual([
      3, 3, 7, 7,
    ]);
  });

  it("ConvTranspose with output_shape removes the larger half at the start", () => {
    const node = {
      name: "c",
      opType: "ConvTranspose",
      input: ["x", "w"],
      output: ["y"],
      attribute: [ints("strides", [2]), ints("output_shape", [4])],
    };
    const found = valuesOf(graph([1, 1, 2], [node], [reals("w", [1, 1, 3], [1, 2, 3])]), [1, 10], 11);
    expect(found).toEqual([2, 13, 20, 30]);
  });

  it("Hardmax before opset 13 has one maximum over all axes from its axis on", () => {
    const node = { name: "h", opType: "Hardmax", input: ["x"], output: ["y"], attribute: [int("axis", 1)] };
    expect(valuesOf(graph([1, 2, 3], [node]), [1, 2, 3, 9, 2, 3], 11)).toEqual([0, 0, 0, 1, 0, 0]);
  });

  it("Add of opset 6 aligns its second operand at an axis", () => {
    const node = {
      name: "a",
      opType: "Add",
      input: ["x", "b"],
      output: ["y"],
      attribute: [int("axis", 0), int("broadcast", 1)],
    };
    const found = valuesOf(graph([2, 2], [node], [reals("b", [2], [10, 20])]), [1, 2, 3, 4], 6);
    expect(found).toEqual([11, 12, 23, 24]);
  });

  it("Gather reads known values at known indices in any order", () => {
    const node = { name: "g", opType: "Gather", input: ["v", "i"], output: ["y"] };
    const lists = [integers("v", [5, 6, 7, 8, 9, 10, 11]), integers("i", [3, 1, 6, 0, 5, 2, 2, 6, 1])];
    expect(valuesOf(graph([1], [node], lists), [0], 13)).toEqual([8, 6, 11, 5, 10, 7, 7, 11, 6]);
  });

  it("constants of two nodes with the same name are two constants", () => {
    const constant = (name: string, values: readonly number[]) => ({
      name: "same",
      opType: "Constant",
      output: [name],
      attribute: [{ name: "value", type: AttributeType.TENSOR, t: reals("", [2], values) }],
    });
    const nodes = [
      constant("a", [1, 10]),
      constant("b", [2, 20]),
      { name: "same", opType: "Mul", input: ["x", "a"], output: ["p"] },
      { name: "same", opType: "Add", input: ["p", "b"], output: ["y"] },
    ];
    expect(valuesOf(graph([2], nodes), [1, 1], 13)).toEqual([3, 30]);
  });

  it.each([
    [
      "statistics of the batch before opset 14",
      {
        name: "n",
        opType: "BatchNormalization",
        input: ["x", "s", "s", "s", "s"],
        output: ["y", "a", "b", "c", "d"],
      },
      9,
      /computes batch statistics as defined before opset 14/,
    ],
    [
      "an attribute of another type",
      { name: "n", opType: "Softmax", input: ["x"], output: ["y"], attribute: [ints("axis", [0])] },
      13,
      /has the attribute "axis" with an unexpected type/,
    ],
    [
      "a mean of integers",
      { name: "n", opType: "ReduceMean", input: ["i"], output: ["y"] },
      13,
      /reduces integers, which is not supported/,
    ],
    ["an opset before 6", { name: "n", opType: "Relu", input: ["x"], output: ["y"] }, 5, /uses opset 5/],
  ])("refuses %s", (_, node, opset, message) => {
    const lists = [reals("s", [2], [1, 1]), integers("i", [1, 2])];
    expect(() => valuesOf(graph([1, 2], [node], lists), [1, 2], opset)).toThrow(message);
  });
});

describe("Scan", () => {
  it("reads a sequence from its end, and constants of its body and of the graph", () => {
    const step: Graph = {
      name: "step",
      input: [valueInfo("before", [2]), valueInfo("element", [2])],
      output: [valueInfo("sum", [2]), valueInfo("stacked", [2])],
      initializer: [reals("factor", [2], [1, 10])],
      node: [
        { opType: "Mul", input: ["element", "factor"], output: ["product"] },
        { opType: "Sum", input: ["before", "product", "outer"], output: ["sum"] },
        { opType: "Identity", input: ["sum"], output: ["stacked"] },
      ],
    };
    const graph: Graph = {
      name: "scan",
      input: [valueInfo("x", [3, 2])],
      output: [valueInfo("y", [3, 2])],
      initializer: [reals("zeros", [2], [0, 0]), reals("outer", [2], [0, 1])],
      node: [
        {
          opType: "Scan",
          input: ["zeros", "x"],
          output: ["last", "y"],
          attribute: [
            int("num_scan_inputs", 1),
            ints("scan_input_directions", [1]),
            { name: "body", type: AttributeType.GRAPH, g: step },
          ],
        },
      ],
    };
    expect(valuesOf(graph, [1, 2, 3, 4, 5, 6], 17)).toEqual([5, 61, 8, 102, 9, 123]);
  });
});
