/** Encodes tensors, types and attributes as messages of the ONNX format. */
import { create } from "@bufbuild/protobuf";
import type { Dimension, ElementType, Shape } from "../../ir/types.ts";
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
} from "../../util/onnx/onnx_pb.js";
import type {
  AttributeProto,
  GraphProto,
  TensorProto,
  TensorShapeProto_Dimension,
  ValueInfoProto,
} from "../../util/onnx/onnx_pb.js";

/** The element types of values. Shapes, axes and random bits are i64. */
export type Element = ElementType | "i64";

interface Format {
  readonly type: DataType;
  readonly bytes: number;
  write(view: DataView, at: number, value: number): void;
}

/** The little-endian encoding of each element type. */
const formats: Readonly<Record<Element, Format>> = {
  f32: { type: DataType.FLOAT, bytes: 4, write: (view, at, value) => view.setFloat32(at, value, true) },
  f64: { type: DataType.DOUBLE, bytes: 8, write: (view, at, value) => view.setFloat64(at, value, true) },
  i32: { type: DataType.INT32, bytes: 4, write: (view, at, value) => view.setInt32(at, value, true) },
  i64: {
    type: DataType.INT64,
    bytes: 8,
    write: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  },
  bool: { type: DataType.BOOL, bytes: 1, write: (view, at, value) => view.setUint8(at, value) },
};

export const dataTypeOf = (element: Element): DataType => formats[element].type;

/** The name of the batch axis in shapes. */
const batchAxis = "n";

/** A tensor with values in row-major order. */
export function tensorProto(
  name: string,
  element: Element,
  shape: readonly number[],
  values: ArrayLike<number>,
): TensorProto {
  const { type, bytes, write } = formats[element];
  const rawData = new Uint8Array(values.length * bytes);
  const view = new DataView(rawData.buffer);
  for (let i = 0; i < values.length; i++) write(view, i * bytes, values[i]);
  return create(TensorProtoSchema, { name, dataType: type, dims: shape.map(BigInt), rawData });
}

const dimensionProto = (size: Dimension): TensorShapeProto_Dimension =>
  create(TensorShapeProto_DimensionSchema, {
    value: size === "n" ? { case: "dimParam", value: batchAxis } : { case: "dimValue", value: BigInt(size) },
  });

/** The name and the type of a value. */
export const valueInfo = (name: string, element: Element, shape: Shape, docString = ""): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    docString,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: dataTypeOf(element),
          shape: { dim: shape.map(dimensionProto) },
        },
      },
    },
  });

/** A number or a list of numbers is an integer attribute. */
export function attributeProto(
  name: string,
  value: number | string | readonly number[] | GraphProto,
): AttributeProto {
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  if ("$typeName" in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: value });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}
