// Builds the bytes of small ONNX models, valid and broken ones.
import { create, toBinary } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GraphProto, GraphProtoSchema } from "../../src/compiler/util/onnx/onnx_pb.js";
import { ModelProtoSchema, TensorProto_DataType as DataType } from "../../src/compiler/util/onnx/onnx_pb.js";

export {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
} from "../../src/compiler/util/onnx/onnx_pb.js";

/** The fields of a graph. A message itself is left out, because tests change single fields. */
type GraphInit = Exclude<MessageInitShape<typeof GraphProtoSchema>, GraphProto>;

/** An input or output with this shape; a string is a variable size. */
export const valueInfo = (
  name: string,
  shape: readonly (number | string)[],
  elemType: number = DataType.FLOAT,
) => ({
  name,
  type: {
    value: {
      case: "tensorType" as const,
      value: {
        elemType,
        shape: {
          dim: shape.map((size) => ({
            value:
              typeof size === "number"
                ? { case: "dimValue" as const, value: BigInt(size) }
                : { case: "dimParam" as const, value: size },
          })),
        },
      },
    },
  },
});

/** An initialiser of real numbers. */
export const reals = (name: string, shape: readonly number[], values: readonly number[]) => ({
  name,
  dims: shape.map(BigInt),
  dataType: DataType.FLOAT,
  floatData: [...values],
});

export const modelBytes = (graph: GraphInit, opset = 17): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: "", version: BigInt(opset) }], graph }),
  );

/** y = relu(x · w + b), with x of [batch, 2] and y of [batch, 3]. */
export const dense: GraphInit = {
  name: "dense",
  input: [valueInfo("x", ["batch", 2])],
  output: [valueInfo("y", ["batch", 3])],
  initializer: [reals("w", [2, 3], [1, 2, 3, 4, 5, 6]), reals("b", [3], [0.5, 0, -0.5])],
  node: [
    { name: "gemm", opType: "Gemm", input: ["x", "w", "b"], output: ["sum"] },
    { name: "relu", opType: "Relu", input: ["sum"], output: ["y"] },
  ],
};
