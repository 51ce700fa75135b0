// Model files that are damaged, contradict themselves, or declare more than they contain. If a test fails, such a file
// ends in a crash, allocates what it only declares, or is read as something that it is not.
import { describe, expect, it } from "vitest";
import { importGraph } from "../../src/compiler/library/onnx/import-graph.ts";
import { InvalidModel } from "../../src/compiler/library/onnx/invalid-model.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import { shapeOfInput } from "../../src/compiler/library/onnx/model.ts";
import { knownTensor, typeOfElement } from "../../src/compiler/library/onnx/values.ts";
import type { Value } from "../../src/compiler/library/onnx/values.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import { AttributeType, DataType, dense, modelBytes, reals, valueInfo } from "./make-model.ts";

/** Reads the file and builds its graph. */
function imported(bytes: Uint8Array) {
  const model = readModel(bytes);
  const g = createBuilder("f32");
  const leaf = (name: string, element: "real" | "integer" | "boolean", shape: readonly (number | "n")[]) =>
    g.input({ name, type: { element: typeOfElement(element, "f32"), shape } });
  return importGraph(model, {
    g,
    inputs: new Map(
      model.inputs.map((input): [string, Value] => [
        input.name,
        leaf(input.name, input.element, shapeOfInput(input)),
      ]),
    ),
    initialiser: (name, data) =>
      data.element === "real" ? leaf(name, "real", data.shape) : knownTensor(data),
    constant: (name, { element, shape }) => leaf(name, element, shape),
    gradients: (_, xs) => xs,
  });
}

const integers = (name: string, values: readonly number[]) => ({
  name,
  dims: [BigInt(values.length)],
  dataType: DataType.INT64,
  int64Data: values.map(BigInt),
});

const one = (
  node: NonNullable<typeof dense.node>[number],
  initializer: NonNullable<typeof dense.initializer> = [],
) =>
  modelBytes({
    name: "one",
    input: [valueInfo("x", ["batch", 4])],
    output: [valueInfo("y", ["batch", 4])],
    initializer,
    node: [node],
  });

const whole = modelBytes(dense);

/** A Scan over x [batch, 4] and z [5, 4], whose body adds the elements of both along their first axes. */
const scanned = (bodyInputs: readonly string[], opset = 17): Uint8Array =>
  modelBytes(
    {
      name: "scanned",
      input: [valueInfo("x", [3, 4]), valueInfo("z", [5, 4])],
      output: [valueInfo("y", [3, 4])],
      node: [
        {
          name: "scan",
          opType: "Scan",
          input: ["x", "z"],
          output: ["y"],
          attribute: [
            { name: "num_scan_inputs", type: AttributeType.INT, i: 2n },
            {
              name: "body",
              type: AttributeType.GRAPH,
              g: {
                name: "step",
                input: bodyInputs.map((name) => valueInfo(name, [4])),
                output: [valueInfo("sum", [4])],
                node: [{ name: "add", opType: "Add", input: [bodyInputs[0], "z"], output: ["sum"] }],
              },
            },
          ],
        },
      ],
    },
    opset,
  );

const hostile: readonly (readonly [what: string, bytes: () => Uint8Array, message: RegExp])[] = [
  ["an empty file", () => new Uint8Array(), /has no graph/],
  ["text", () => new TextEncoder().encode("name: spec\nnetwork: []\n"), /is not an ONNX model|has no graph/],
  [
    "random bytes",
    () => Uint8Array.from({ length: 500 }, (_, i) => (i * 197 + 31) % 256),
    /is not an ONNX model/,
  ],
  ["a truncated file", () => whole.slice(0, whole.length - 20), /is not an ONNX model/],
  ["an opset of the future", () => modelBytes(dense, 99), /uses opset 99; export it with opset 22/],
  [
    "a tensor that declares 2 GB and has 4 bytes",
    () =>
      one({ opType: "Add", input: ["x", "w"], output: ["y"] }, [
        { ...reals("w", [23170, 23170], []), rawData: new Uint8Array(4), floatData: [] },
      ]),
    /"w" has the shape \[23170, 23170\], which has 536848900 elements, but the file has 1/,
  ],
  [
    "a tensor with an axis of 2⁶²",
    () =>
      one({ opType: "Add", input: ["x", "w"], output: ["y"] }, [
        { ...reals("w", [], [1]), dims: [2n ** 62n] },
      ]),
    /"w" has an axis of size 4611686018427387904/,
  ],
  [
    "a tensor with a negative axis",
    () => one({ opType: "Add", input: ["x", "w"], output: ["y"] }, [{ ...reals("w", [], [1]), dims: [-1n] }]),
    /"w" has an axis of size -1/,
  ],
  [
    "an input with a negative axis",
    () => modelBytes({ ...dense, input: [valueInfo("x", ["batch", -2])] }),
    /the input "x" has an axis of size -2/,
  ],
  [
    "raw data that ends within a number",
    () =>
      one({ opType: "Add", input: ["x", "w"], output: ["y"] }, [
        { ...reals("w", [1], []), rawData: new Uint8Array(3) },
      ]),
    /"w" has 3 bytes, which is not a multiple of 4/,
  ],
  [
    "data in another folder",
    () =>
      one({ opType: "Add", input: ["x", "w"], output: ["y"] }, [
        {
          ...reals("w", [4], []),
          dataLocation: 1,
          externalData: [{ key: "location", value: "../../etc/passwd" }],
        },
      ]),
    /"w" has its data in another file, which is not available here; embed it first, .*save_as_external_data=False/,
  ],
  [
    "an element type that does not exist",
    () =>
      one({ opType: "Add", input: ["x", "w"], output: ["y"] }, [{ ...reals("w", [1], [1]), dataType: 77 }]),
    /"w" has elements of type number 77, which is not supported/,
  ],
  [
    "a cycle",
    () =>
      modelBytes({
        ...dense,
        node: [
          { name: "a", opType: "Relu", input: ["v"], output: ["u"] },
          { name: "b", opType: "Relu", input: ["u"], output: ["v"] },
        ],
      }),
    /the node "a" reads "v", which no earlier node, input or initialiser defines/,
  ],
  [
    "a name that is defined twice",
    () =>
      modelBytes({
        ...dense,
        node: [...(dense.node ?? []), { name: "again", opType: "Relu", input: ["x"], output: ["y"] }],
      }),
    /the node "again" defines "y", which is already defined/,
  ],
  [
    "an output that nothing defines",
    () => modelBytes({ ...dense, output: [valueInfo("z", ["batch", 3])] }),
    /the output "z" is not defined/,
  ],
  [
    "an unknown domain",
    () => one({ name: "odd", opType: "Relu", domain: "com.example", input: ["x"], output: ["y"] }),
    /odd \(com\.example\.Relu\) uses an operator that is not supported/,
  ],
  [
    "an operator named like a member of every object",
    () => one({ name: "odd", opType: "constructor", input: ["x"], output: ["y"] }),
    /odd \(constructor\) uses an operator that is not supported/,
  ],
  [
    "a mode named like a member of every object",
    () =>
      one(
        {
          name: "pad",
          opType: "Pad",
          input: ["x", "pads"],
          output: ["y"],
          attribute: [
            { name: "mode", type: AttributeType.STRING, s: new TextEncoder().encode("constructor") },
          ],
        },
        [integers("pads", [0, 1, 0, 1])],
      ),
    /pad \(Pad\) pads with the mode "constructor", which is not supported/,
  ],
  ["a Scan of sequences of different lengths", () => scanned(["a", "b"]), /different lengths: 3, 5/],
  ["a Scan whose body reads less", () => scanned(["a"]), /\(Scan\) has a body with other inputs and outputs/],
  ["a Scan of opset 8", () => scanned(["a", "b"], 8), /\(Scan\) has the form of opset 8/],
  [
    "an output whose rows are joined with another axis",
    () =>
      modelBytes({
        ...dense,
        initializer: [integers("flat", [-1])],
        node: [{ name: "all", opType: "Reshape", input: ["x", "flat"], output: ["y"] }],
      }),
    /the output "y" joins the batch axis with another axis: \[2n\]/,
  ],
  [
    "a reduction along such an axis",
    () =>
      modelBytes({
        ...dense,
        initializer: [integers("flat", [-1, 1])],
        node: [
          { name: "all", opType: "Reshape", input: ["x", "flat"], output: ["column"] },
          {
            name: "shares",
            opType: "Softmax",
            input: ["column"],
            output: ["y"],
            attribute: [{ name: "axis", type: AttributeType.INT, i: 0n }],
          },
        ],
      }),
    /shares \(Softmax\) joins the batch axis with another axis/,
  ],
  [
    "a constant of 10¹² elements",
    () =>
      one({ name: "huge", opType: "ConstantOfShape", input: ["shape"], output: ["y"] }, [
        integers("shape", [1e6, 1e6]),
      ]),
    /huge \(ConstantOfShape\) creates a constant of 1000000000000 elements/,
  ],
  [
    "a range of 10¹⁵ elements",
    () =>
      one({ name: "long", opType: "Range", input: ["from", "to", "by"], output: ["y"] }, [
        { ...integers("from", [0]), dims: [] },
        { ...integers("to", [1e15]), dims: [] },
        { ...integers("by", [1]), dims: [] },
      ]),
    /long \(Range\) creates a constant of 1000000000000000 elements/,
  ],
  [
    "shapes that do not fit",
    () =>
      one({ name: "sum", opType: "MatMul", input: ["x", "w"], output: ["y"] }, [
        reals("w", [3, 2], [1, 2, 3, 4, 5, 6]),
      ]),
    /sum \(MatMul\) does not fit its inputs/,
  ],
  [
    "a node without inputs",
    () => one({ name: "bare", opType: "Conv", input: [], output: ["y"] }),
    /bare \(Conv\) needs an image and filters/,
  ],
  [
    "a variable axis that is not the batch",
    () => modelBytes({ ...dense, input: [valueInfo("x", ["batch", "length"])] }),
    /axis 1 of the input "x" has no constant size \(length\)/,
  ],
];

describe("a hostile model file ends in a message", () => {
  it.each(hostile)("%s", (_, bytes, message) => {
    const attempt = (): unknown => imported(bytes());
    expect(attempt).toThrow(InvalidModel);
    expect(attempt).toThrow(message);
  });

  it("all nodes that are not supported are reported together", () => {
    const nodes = ["NonMaxSuppression", "Relu", "TopK"].map((opType, i) => ({
      name: `n${i}`,
      opType,
      input: ["x"],
      output: [`v${i}`],
    }));
    const bytes = modelBytes({ ...dense, node: [...nodes, ...(dense.node ?? [])] });
    expect(() => imported(bytes)).toThrow(
      "2 nodes are not supported: n0 (NonMaxSuppression) uses an operator that is not supported; " +
        "n2 (TopK) uses an operator that is not supported",
    );
  });

  it("names like __proto__ are names", () => {
    const bytes = modelBytes({
      ...dense,
      node: [
        { name: "gemm", opType: "Gemm", input: ["x", "w", "b"], output: ["__proto__"] },
        { name: "relu", opType: "Relu", input: ["__proto__"], output: ["y"] },
      ],
    });
    expect([...imported(bytes).keys()]).toEqual(["y"]);
  });
});
