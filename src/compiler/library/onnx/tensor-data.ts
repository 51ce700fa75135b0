/**
 * The tensors of a model file. Shapes are compared with the number of bytes in the file, so that a tensor that declares
 * a large shape but contains no data does not allocate memory.
 */
import { TensorProto_DataLocation, TensorProto_DataType as DataType } from "../../util/onnx/onnx_pb.js";
import type { TensorProto } from "../../util/onnx/onnx_pb.js";
import { InvalidModel } from "./invalid-model.ts";
import type { Element, TensorData } from "./model.ts";

interface Format {
  readonly element: Element;
  readonly bytes: number;
  read(view: DataView, offset: number): number;
}

const format = (element: Element, bytes: number, read: Format["read"]): Format => ({ element, bytes, read });

/** The supported element types, and their little-endian encodings. */
const formats: ReadonlyMap<number, Format> = new Map([
  [DataType.FLOAT, format("real", 4, (view, at) => view.getFloat32(at, true))],
  [DataType.DOUBLE, format("real", 8, (view, at) => view.getFloat64(at, true))],
  [DataType.FLOAT16, format("real", 2, (view, at) => halfOf(view.getUint16(at, true)))],
  [DataType.BFLOAT16, format("real", 2, (view, at) => brainOf(view.getUint16(at, true)))],
  [DataType.INT8, format("integer", 1, (view, at) => view.getInt8(at))],
  [DataType.UINT8, format("integer", 1, (view, at) => view.getUint8(at))],
  [DataType.INT16, format("integer", 2, (view, at) => view.getInt16(at, true))],
  [DataType.UINT16, format("integer", 2, (view, at) => view.getUint16(at, true))],
  [DataType.INT32, format("integer", 4, (view, at) => view.getInt32(at, true))],
  [DataType.UINT32, format("integer", 4, (view, at) => view.getUint32(at, true))],
  [DataType.INT64, format("integer", 8, (view, at) => Number(view.getBigInt64(at, true)))],
  [DataType.UINT64, format("integer", 8, (view, at) => Number(view.getBigUint64(at, true)))],
  [DataType.BOOL, format("boolean", 1, (view, at) => (view.getUint8(at) === 0 ? 0 : 1))],
]);

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function halfOf(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** bfloat16: the upper half of a binary32 number. */
function brainOf(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}

/** The name of an element type in the file, such as `FLOAT16`. */
export const typeName = (type: number): string => DataType[type] ?? `number ${type}`;

/** The element type, or undefined if it is not supported. */
export const elementOfType = (type: number): Element | undefined => formats.get(type)?.element;

/**
 * Returns the values of a tensor. `what` names the tensor in messages.
 * @throws InvalidModel if the element type is not supported, if the data is still in another file, or if the number of
 *   values does not match the shape
 */
export function tensorData(tensor: TensorProto, what: string): TensorData {
  const known = formats.get(tensor.dataType);
  if (known === undefined)
    throw new InvalidModel(
      `${what} has elements of type ${typeName(tensor.dataType)}, which is not supported`,
    );
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL)
    throw new InvalidModel(
      `${what} has its data in another file, which is not available here; embed it first, in Python: ` +
        'onnx.save(onnx.load("model.onnx"), "embedded.onnx", save_as_external_data=False)',
    );
  const { shape, count } = shapeOf(tensor, what);
  const values =
    tensor.rawData.length > 0 ? rawValues(tensor.rawData, known, what) : typedValues(tensor, known);
  if (values.length !== count)
    throw new InvalidModel(
      `${what} has the shape [${shape.join(", ")}], which has ${count} elements, but the file has ${values.length}`,
    );
  return { element: known.element, shape, values };
}

/**
 * The number of bytes of the elements; undefined if their type is not supported.
 * @throws InvalidModel if the size of an axis is negative or too large
 */
export function bytesOfTensor(tensor: TensorProto, what: string): number | undefined {
  const known = formats.get(tensor.dataType);
  return known && shapeOf(tensor, what).count * known.bytes;
}

function shapeOf({ dims }: TensorProto, what: string) {
  const shape = dims.map((size) => sizeOf(size, what));
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count))
    throw new InvalidModel(`${what} has too many elements: [${shape.join(", ")}]`);
  return { shape, count };
}

function sizeOf(size: bigint, what: string): number {
  if (size < 0n || size > 2n ** 31n) throw new InvalidModel(`${what} has an axis of size ${size}`);
  return Number(size);
}

function rawValues(raw: Uint8Array, { bytes, read }: Format, what: string): Float64Array {
  if (raw.length % bytes !== 0)
    throw new InvalidModel(`${what} has ${raw.length} bytes, which is not a multiple of ${bytes}`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Float64Array.from({ length: raw.length / bytes }, (_, i) => read(view, i * bytes));
}

/**
 * Returns the values of a tensor that is stored as a list of numbers. The bits of 8-bit and 16-bit types are stored as
 * int32.
 */
function typedValues(tensor: TensorProto, { element }: Format): ArrayLike<number> {
  switch (tensor.dataType) {
    case DataType.FLOAT:
      return tensor.floatData;
    case DataType.DOUBLE:
      return tensor.doubleData;
    case DataType.INT64:
      return tensor.int64Data.map(Number);
    case DataType.UINT32:
    case DataType.UINT64:
      return tensor.uint64Data.map(Number);
    case DataType.FLOAT16:
      return tensor.int32Data.map(halfOf);
    case DataType.BFLOAT16:
      return tensor.int32Data.map(brainOf);
    default:
      return element === "boolean" ? tensor.int32Data.map((x) => (x === 0 ? 0 : 1)) : tensor.int32Data;
  }
}
