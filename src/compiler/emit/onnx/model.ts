/**
 * An ONNX model of one graph: opset 17, IR version 8, ordinary operators only. The batch axis is the symbolic dimension
 * `n`. Nodes have the layer, the composite, the rule and the formula of what they compute.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { invariant } from "../../diagnostics/errors.ts";
import { leafName } from "../../ir/nodes.ts";
import type { Graph, Node } from "../../ir/nodes.ts";
import type { TensorType } from "../../ir/types.ts";
import { ModelProtoSchema } from "../../util/onnx/onnx_pb.js";
import { Context } from "./context.ts";
import { tensorProto } from "./encode.ts";
import type { Note, Value } from "./graph-writer.ts";
import { rules } from "./operators.ts";

/** An input: the storage that the graph reads, and its name in the file. */
export interface ModelInput {
  readonly storage: string;
  readonly name: string;
  readonly type: TensorType;
  readonly doc: string;
  /** The values that the input has unless a caller gives others, in row-major order. */
  readonly initial?: ArrayLike<number> | undefined;
}

export interface ModelFile {
  readonly graph: Graph;
  /** The name of the model. */
  readonly name: string;
  readonly doc: string;
  /** In the order of the file. The graph need not read all of them. */
  readonly inputs: readonly ModelInput[];
  /** Parameters with values in the file, by storage. The name in the file is that of the storage. */
  readonly initialisers?: ReadonlyMap<string, ArrayLike<number>>;
  /** The outputs of the graph in the order of the file, with their names. All names of the file are different. */
  readonly outputs: readonly { readonly storage: string; readonly name: string }[];
  noteOf(node: Node): Note;
  readonly metadata: Readonly<Record<string, string>>;
  /** The version of the compiler. */
  readonly version: string;
}

const [irVersion, opset] = [8n, 17n];

/** The bytes of the file; the same for the same graph. */
export function onnxModel(file: ModelFile): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion,
    opsetImport: [{ domain: "", version: opset }],
    producerName: "tapeless",
    producerVersion: file.version,
    docString: file.doc,
    graph: graphOf(file),
    metadataProps: Object.entries(file.metadata).map(([key, value]) => ({ key, value })),
  });
  return toBinary(ModelProtoSchema, model);
}

function graphOf({ graph, name, inputs, initialisers = new Map(), outputs, noteOf }: ModelFile) {
  const valueOf = (storage: string): Value => {
    const value = values.get(storage);
    invariant(value !== undefined, `the model has no input ${storage}`);
    return value;
  };
  const context: Context = new Context({ rules, noteOf, leaf: valueOf, batch: () => batch });
  const { writer } = context;
  const given = inputs.map((input) => ({
    ...input,
    ...input.type,
    value: writer.input(input.name),
  }));
  const values = new Map<string, Value>(given.map(({ storage, value }) => [storage, value]));
  for (const node of graph.nodes) {
    const storage = leafName(node) ?? "";
    const trained = initialisers.get(storage);
    const { element, shape } = node.type;
    if (trained !== undefined)
      values.set(storage, writer.named(storage, element, shape.map(Number), trained));
  }
  // The first axis of this kind tells the size of the batch.
  const batched = given.find(({ shape }) => shape.includes("n"));
  const axis = batched?.shape.indexOf("n") ?? 0;
  const batch: Value = writer.describe(batchNote, "i64", [1], () =>
    batched === undefined
      ? writer.integers([1])
      : writer.make("Shape", [batched.value], { start: axis, end: axis + 1 }),
  );
  context.write(graph.nodes);
  const nodes = new Map(graph.outputs.map(({ storage, node }) => [storage, node]));
  const proto = writer.graph(
    name,
    given,
    outputs.map(({ storage, name: output }) => {
      const node = nodes.get(storage);
      invariant(node !== undefined, `the graph has no output ${storage}`);
      return { value: context.value(node), name: output, ...node.type };
    }),
  );
  // An input that is also an initialiser has these values by default.
  for (const { name: input, type, initial } of inputs)
    if (initial !== undefined)
      proto.initializer.push(tensorProto(input, type.element, type.shape.map(Number), initial));
  return proto;
}

const batchNote: Note = { name: "n", path: [], doc: "the number of rows of the batch" };
