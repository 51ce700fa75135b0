/**
 * Writes the nodes of an ONNX graph. Values get their names at the end, so that a value can have the name of what it
 * computes. Equal constants and equal nodes are written once, and nodes that no output needs are left out. The same
 * calls give the same graph.
 */
import { create } from "@bufbuild/protobuf";
import { invariant } from "../../diagnostics/errors.ts";
import type { Shape } from "../../ir/types.ts";
import { nameMaker } from "../../util/name-maker.ts";
import { GraphProtoSchema, NodeProtoSchema } from "../../util/onnx/onnx_pb.js";
import type { GraphProto, NodeProto } from "../../util/onnx/onnx_pb.js";
import { attributeProto, tensorProto, valueInfo } from "./encode.ts";
import type { Element } from "./encode.ts";

/** An input, a constant or a result of a node. It is identified by reference. */
export interface Value {
  readonly id: number;
  /** The name if no other value has it, and if the value gets no better name. */
  readonly hint: string;
}

export interface Typed {
  readonly value: Value;
  readonly element: Element;
  readonly shape: Shape;
  readonly doc?: string;
}

/** The body of a `Scan`: a writer with its inputs and outputs. It may read values of the enclosing graphs. */
export interface Body {
  readonly writer: GraphWriter;
  readonly name: string;
  readonly inputs: readonly Typed[];
  readonly outputs: readonly Typed[];
}

type Attribute = number | string | readonly number[] | Body;
export type Attributes = Readonly<Record<string, Attribute>>;
export type Inputs = readonly (Value | undefined)[];

/** What nodes compute: the name and the formula of a value, and where the value comes from. */
export interface Note {
  readonly name: string;
  /** The layer, the composite and the rule, which the names of nodes start with. */
  readonly path: readonly string[];
  readonly doc: string;
}

interface WrittenNode {
  readonly operator: string;
  readonly inputs: Inputs;
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  readonly note: Note;
}

interface Constant {
  readonly value: Value;
  readonly element: Element;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A value with the name and the type of the node of the graph IR that it computes. */
interface Described extends Typed {
  readonly name: string;
}

/** What a graph shares with its bodies. */
class Shared {
  readonly constants = new Map<string, Constant>();
  readonly described = new Map<Value, Described>();
  note: Note = { name: "value", path: [], doc: "" };
  private count = 0;

  fresh(hint: string): Value {
    return { id: this.count++, hint };
  }
}

/** Constants with more elements are not compared with each other. */
const mostCompared = 4096;

const isBody = (attribute: Attribute): attribute is Body =>
  typeof attribute === "object" && "writer" in attribute;

const bodiesOf = (attributes: Attributes): readonly Body[] => Object.values(attributes).filter(isBody);

export class GraphWriter {
  private readonly nodes: WrittenNode[] = [];
  /** The position of the node that computes a value. */
  private readonly producers = new Map<Value, number>();
  /** The results of nodes by operator, inputs and attributes. */
  private readonly known = new Map<string, readonly Value[]>();
  private readonly shared: Shared;
  private readonly outer: GraphWriter | undefined;

  constructor(outer?: GraphWriter) {
    this.outer = outer;
    this.shared = outer?.shared ?? new Shared();
  }

  /** A value that no node of this graph computes: an input. */
  input(name: string): Value {
    return this.shared.fresh(name);
  }

  /** Writes a node and returns its only result. */
  make(operator: string, inputs: Inputs, attributes: Attributes = {}): Value {
    return this.makeAll(operator, inputs, attributes, 1)[0];
  }

  /** Writes a node and returns its results. */
  makeAll(operator: string, inputs: Inputs, attributes: Attributes, count: number): readonly Value[] {
    const ids = inputs.map((value) => value?.id ?? "");
    const isComparable = bodiesOf(attributes).length === 0;
    const key = isComparable ? `${operator} ${ids.join()} ${JSON.stringify(attributes)}` : undefined;
    const known = key === undefined ? undefined : this.find(key);
    if (known !== undefined) return known;
    const outputs = this.append(operator, inputs, attributes, count);
    if (key !== undefined) this.known.set(key, outputs);
    return outputs;
  }

  private append(operator: string, inputs: Inputs, attributes: Attributes, count: number): readonly Value[] {
    const { note } = this.shared;
    const outputs = Array.from({ length: count }, () => this.shared.fresh(`${note.name}/${operator}`));
    for (const value of outputs) this.producers.set(value, this.nodes.length);
    this.nodes.push({ operator, inputs, outputs, attributes, note });
    return outputs;
  }

  private find(key: string): readonly Value[] | undefined {
    return this.known.get(key) ?? this.outer?.find(key);
  }

  /** A constant with values in row-major order. */
  constant(element: Element, shape: readonly number[], values: ArrayLike<number>): Value {
    const { constants } = this.shared;
    const list = values.length <= mostCompared ? Array.from(values, String) : [];
    const key =
      list.length === values.length
        ? `${element}[${shape.join()}] ${list.join()}`
        : `constant ${constants.size}`;
    const known = constants.get(key);
    if (known !== undefined) return known.value;
    const text =
      shape.length === 0 ? list[0] : values.length <= 4 ? `[${list.join()}]` : `[${shape.join("x")}]`;
    const value = this.shared.fresh(`${element} ${text}`);
    constants.set(key, { value, element, shape, values });
    return value;
  }

  /** A constant with a name of its own, such as a trained parameter. */
  named(name: string, element: Element, shape: readonly number[], values: ArrayLike<number>): Value {
    const value = this.shared.fresh(name);
    this.shared.constants.set(`named ${name}`, { value, element, shape, values });
    return value;
  }

  scalar(element: Element, value: number): Value {
    return this.constant(element, [], [value]);
  }

  /** A list of integers: a shape, axes or bounds. */
  integers(values: readonly number[]): Value {
    return this.constant("i64", [values.length], values);
  }

  /**
   * Runs `build`, whose nodes get this note. If the value that it returns is the result of one of these nodes, the
   * value gets the name of the note and the type.
   */
  describe(note: Note, element: Element, shape: Shape, build: () => Value): Value {
    const before = this.shared.note;
    const start = this.nodes.length;
    this.shared.note = note;
    try {
      const value = build();
      const isNew = (this.producers.get(value) ?? -1) >= start;
      if (isNew) this.shared.described.set(value, { value, element, shape, name: note.name });
      return value;
    } finally {
      this.shared.note = before;
    }
  }

  /**
   * The values as outputs of this graph: each is the result of a node of this graph, and no two are the same.
   */
  exposed<Output extends Typed>(outputs: readonly Output[]): readonly Output[] {
    const used = new Set<Value>();
    return outputs.map((output) => {
      const isOwn = this.producers.has(output.value) && !used.has(output.value);
      const value = isOwn ? output.value : this.append("Identity", [output.value], {}, 1)[0];
      used.add(value);
      return { ...output, value };
    });
  }

  /** The outermost graph, with all constants. The names of inputs and outputs must be different. */
  graph(name: string, inputs: readonly Described[], outputs: readonly Described[]): GraphProto {
    invariant(this.outer === undefined, "a body is encoded with its enclosing graph");
    const made = this.exposed(outputs);
    const needed = this.needed(made.map(({ value }) => value));
    const names = new Map([...inputs, ...made].map((each) => [each.value, each.name]));
    const unique = nameMaker(names.values(), "_");
    const constants = [...this.shared.constants.values()].filter(({ value }) => needed.has(value));
    for (const { value } of constants) names.set(value, unique(value.hint));
    this.nameResults(needed, names, unique);
    return create(GraphProtoSchema, {
      ...this.encoded(name, inputs, made, needed, names),
      initializer: constants.map(({ value, element, shape, values }) =>
        tensorProto(names.get(value) ?? "", element, shape, values),
      ),
    });
  }

  /** The values that the outputs need. A needed node needs what its bodies read. */
  private needed(outputs: readonly Value[], needed = new Set<Value>()): Set<Value> {
    for (const value of outputs) needed.add(value);
    for (const node of this.nodes.toReversed()) {
      if (!node.outputs.some((value) => needed.has(value))) continue;
      for (const value of node.inputs) if (value !== undefined) needed.add(value);
      for (const { writer, outputs: made } of bodiesOf(node.attributes))
        writer.needed(
          made.map(({ value }) => value),
          needed,
        );
    }
    return needed;
  }

  /** Names are unique in the graph and all its bodies. Described values get their names before the others. */
  private nameResults(
    needed: ReadonlySet<Value>,
    names: Map<Value, string>,
    unique: (base: string) => string,
  ): void {
    const name = (value: Value): void => {
      if (!names.has(value)) names.set(value, unique(this.shared.described.get(value)?.name ?? value.hint));
    };
    for (const { outputs, attributes } of this.nodes) {
      if (!outputs.some((value) => needed.has(value))) continue;
      outputs.forEach(name);
      for (const { writer, inputs } of bodiesOf(attributes)) {
        for (const { value } of inputs) name(value);
        writer.nameResults(needed, names, unique);
      }
    }
  }

  private encoded(
    name: string,
    inputs: readonly Typed[],
    outputs: readonly Typed[],
    needed: ReadonlySet<Value>,
    names: ReadonlyMap<Value, string>,
  ): GraphProto {
    const nameOf = (value: Value | undefined): string => (value && names.get(value)) ?? "";
    const typeOf = ({ value, element, shape, doc }: Typed) => valueInfo(nameOf(value), element, shape, doc);
    const { described } = this.shared;
    const ends = new Set(outputs.map(({ value }) => value));
    const nodes = this.nodes.filter((node) => node.outputs.some((value) => needed.has(value)));
    const inner = nodes.flatMap((node) => node.outputs).filter((value) => !ends.has(value));
    return create(GraphProtoSchema, {
      name,
      input: inputs.map(typeOf),
      output: outputs.map(typeOf),
      valueInfo: inner.flatMap((value) => described.get(value) ?? []).map(typeOf),
      node: nodes.map((node) => {
        const isResult = node.outputs.some((value) => described.has(value));
        return nodeProto(node, isResult, nameOf, ({ writer, ...body }) =>
          writer.encoded(body.name, body.inputs, body.outputs, needed, names),
        );
      }),
    });
  }
}

function nodeProto(
  { operator, inputs, outputs, attributes, note }: WrittenNode,
  isResult: boolean,
  nameOf: (value: Value | undefined) => string,
  graphOf: (body: Body) => GraphProto,
): NodeProto {
  const results = outputs.map(nameOf);
  return create(NodeProtoSchema, {
    opType: operator,
    name: [...note.path, results[0]].join("/"),
    docString: isResult ? note.doc : "",
    input: inputs.map(nameOf),
    output: results,
    attribute: Object.entries(attributes).map(([name, value]) =>
      attributeProto(name, isBody(value) ? graphOf(value) : value),
    ),
  });
}
