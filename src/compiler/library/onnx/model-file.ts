/**
 * Reads an ONNX file and checks it. The result contains the nodes of the graph in order, the initialisers, inputs and
 * outputs. The checks guarantee that every value has one name and is defined before its first use.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { AttributeProto_AttributeType as AttributeType, ModelProtoSchema } from "../../util/onnx/onnx_pb.js";
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  ValueInfoProto,
} from "../../util/onnx/onnx_pb.js";
import { embedExternalData } from "./external-data.ts";
import { InvalidModel } from "./invalid-model.ts";
import type { Attribute, ModelGraph, ModelInput, ModelNode, OnnxModel, OpenExternal } from "./model.ts";
import { elementOfType, tensorData, typeName } from "./tensor-data.ts";

/** The oldest and the newest version of the standard operators that the importer supports. */
const oldestOpset = 6;
const newestOpset = 22;

/**
 * Reads a model that has all its data in one file.
 * @throws InvalidModel if the file is not a valid model, or if it uses features that the importer does not support
 */
export const readModel = (bytes: Uint8Array): OnnxModel => checkedModel(decodeModel(bytes));

/** Reads a model that may have external data, which `open` opens. Also returns these data. @throws InvalidModel */
export async function readModelWith(
  bytes: Uint8Array,
  open: OpenExternal,
): Promise<{ readonly model: OnnxModel; readonly data: readonly Uint8Array[] }> {
  const message = decodeModel(bytes);
  const data = await embedExternalData(message, open);
  return { model: checkedModel(message), data };
}

function checkedModel({ graph, opsetImport }: ModelProto): OnnxModel {
  if (graph === undefined) throw new InvalidModel("the file has no graph");
  const standard = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  // A model that uses no standard operators may omit their version.
  const opset = standard === undefined ? newestOpset : Number(standard.version);
  if (opset > newestOpset)
    throw new InvalidModel(`the file uses opset ${opset}; export it with opset ${newestOpset} or earlier`);
  if (opset < oldestOpset)
    throw new InvalidModel(`the file uses opset ${opset}; export it with opset 13 or later`);
  const checked = checkedGraph(graph, new Set());
  const batches = new Set(
    checked.inputs.flatMap(({ shape: [first] }) => (typeof first === "string" ? [first] : [])),
  );
  if (batches.size > 1)
    throw new InvalidModel(
      `the first axes of the inputs have different names (${[...batches].join(", ")}), ` +
        "but all of them must be the batch axis",
    );
  return { opset, ...checked };
}

function decodeModel(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidModel(`the file is not an ONNX model: ${reason}`);
  }
}

/** `outer`: the names defined by the enclosing graph. The nodes of a subgraph can read these values. */
function checkedGraph(graph: GraphProto, outer: ReadonlySet<string>): ModelGraph {
  if (graph.sparseInitializer.length > 0) throw new InvalidModel("sparse initialisers are not supported");
  const defined = new Set(outer);
  const define = (name: string, what: string): void => {
    if (defined.has(name)) throw new InvalidModel(`${what} defines "${name}", which is already defined`);
    defined.add(name);
  };
  const initialisers = new Map(
    graph.initializer.map((tensor) => {
      define(tensor.name, "an initialiser");
      return [tensor.name, tensorData(tensor, `the initialiser "${tensor.name}"`)] as const;
    }),
  );
  const inputs = graph.input.flatMap((info) => {
    if (initialisers.has(info.name)) return [];
    define(info.name, "an input");
    return [inputOf(info)];
  });
  const nodes = graph.node.map((node) => {
    const made = nodeOf(node, defined);
    for (const name of made.inputs)
      if (name !== "" && !defined.has(name))
        throw new InvalidModel(
          `the node "${made.name}" reads "${name}", which no earlier node, input or initialiser defines`,
        );
    for (const name of made.outputs) if (name !== "") define(name, `the node "${made.name}"`);
    return made;
  });
  const outputs = graph.output.map(({ name }) => {
    if (!defined.has(name)) throw new InvalidModel(`the output "${name}" is not defined by the graph`);
    return name;
  });
  return { nodes, initialisers, inputs, outputs };
}

function inputOf({ name, type }: ValueInfoProto): ModelInput {
  if (type?.value.case !== "tensorType") throw new InvalidModel(`the input "${name}" is not a tensor`);
  const { elemType, shape } = type.value.value;
  const element = elementOfType(elemType);
  if (element === undefined)
    throw new InvalidModel(
      `the input "${name}" has elements of type ${typeName(elemType)}, which is not supported`,
    );
  if (shape === undefined) throw new InvalidModel(`the input "${name}" has no shape`);
  const sizes = shape.dim.map(({ value }) => {
    if (value.case === undefined) return undefined;
    const size = value.case === "dimValue" ? Number(value.value) : value.value;
    if (typeof size === "number" && size < 0)
      throw new InvalidModel(`the input "${name}" has an axis of size ${size}`);
    return size;
  });
  return { name, element, shape: sizes };
}

function nodeOf(node: NodeProto, defined: ReadonlySet<string>): ModelNode {
  const name = node.name || (node.output[0] ?? "");
  return {
    name,
    operator: node.opType,
    domain: node.domain === "ai.onnx" ? "" : node.domain,
    inputs: node.input,
    outputs: node.output,
    attributes: new Map(
      node.attribute.map((each) => [each.name, attributeOf(each, `the node "${name}"`, defined)] as const),
    ),
  };
}

/**
 * Returns the shortest decimal number that rounds to this value in f32. The file stores attributes in f32, but the
 * author of the model wrote a decimal number such as 0.2 or 1e-5.
 */
export function shortestDecimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === Math.fround(value)) return decimal;
  }
  return value;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function attributeOf(attribute: AttributeProto, owner: string, defined: ReadonlySet<string>): Attribute {
  const what = `the attribute "${attribute.name}" of ${owner}`;
  switch (attribute.type) {
    case AttributeType.FLOAT:
      return shortestDecimal(attribute.f);
    case AttributeType.INT:
      return Number(attribute.i);
    case AttributeType.STRING:
      return text(attribute.s);
    case AttributeType.TENSOR:
      if (attribute.t === undefined) throw new InvalidModel(`${what} has no tensor`);
      return tensorData(attribute.t, what);
    case AttributeType.GRAPH:
      if (attribute.g === undefined) throw new InvalidModel(`${what} has no graph`);
      return checkedGraph(attribute.g, defined);
    case AttributeType.FLOATS:
      return attribute.floats.map(shortestDecimal);
    case AttributeType.INTS:
      return attribute.ints.map(Number);
    case AttributeType.STRINGS:
      return attribute.strings.map(text);
    default:
      throw new InvalidModel(
        `${what} is of the type ${AttributeType[attribute.type]}, which is not supported`,
      );
  }
}
