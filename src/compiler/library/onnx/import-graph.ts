/**
 * Builds the graph of a model: the operator of each node in the file builds nodes of the graph. All nodes that are not
 * supported are reported together.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { InvalidModel } from "./invalid-model.ts";
import type { Attribute, ModelGraph, ModelNode, OnnxModel, TensorData } from "./model.ts";
import { readBy } from "./cut-model.ts";
import { buildWith, mergesBatch, plainOf, plainOrRefused, refusing, uniformNode } from "./operator.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { operatorOf } from "./operators/index.ts";
import { isKnown, isMerged, knownTensor, sizesOf, shapeOf } from "./values.ts";
import type { Known, Stored, Value } from "./values.ts";

export interface ImportOptions {
  readonly g: GraphBuilder;
  /** The values of the inputs, by name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** The value of an initialiser. */
  initialiser(name: string, data: TensorData): Value;
  /** Creates a leaf of the graph for a constant whose elements differ. `name` is unique. */
  constant(name: string, value: Known): Node;
  /**
   * Returns the gradients of the sum of y with respect to nodes from which y is computed, for the operator Gradient.
   * Without this function, the operator is not supported.
   */
  gradients?(y: Node, xs: readonly Node[]): readonly Node[];
  /** Calls `build`, which builds a node of the model. Without this function, `build` is called directly. */
  around?<T>(node: ModelNode, build: () => T): T;
  /** Called after each node of the model is built, with the values of its outputs. */
  built?(node: ModelNode, outputs: readonly Stored[]): void;
}

/** A node that cannot be built, and the reason. */
export interface Refusal {
  readonly node: string;
  readonly operator: string;
  readonly reason: string;
}

/** The error for a model with nodes that are not supported. */
export class UnsupportedNodes extends InvalidModel {
  readonly refusals: readonly Refusal[];
  constructor(refusals: readonly Refusal[]) {
    const lines = refusals.map(({ node, operator, reason }) => `${node} (${operator}) ${reason}`);
    super(
      `${refusals.length === 1 ? "one node is" : `${refusals.length} nodes are`} not supported: ${lines.join("; ")}`,
    );
    this.refusals = refusals;
  }
}

/** Thrown to stop the build of one node. */
class Refused extends Error {}

/**
 * Returns the values of the model's outputs, by name.
 * @throws UnsupportedNodes with every node that cannot be built
 */
export function importGraph(model: OnnxModel, options: ImportOptions): ReadonlyMap<string, Value> {
  const refusals: Refusal[] = [];
  const values = new Map<string, Stored>(options.inputs);
  buildGraph(model, values, {
    ...options,
    opset: model.opset,
    refusals,
    numbers: new Map(),
    names: { count: 0 },
  });
  if (refusals.length > 0) throw new UnsupportedNodes(refusals);
  return new Map(
    model.outputs.map((name) => {
      const value = values.get(name);
      if (value === undefined) throw new InvalidModel(`the output "${name}" has no value`);
      const plain = plainOf(value);
      if (plain === undefined)
        throw new InvalidModel(`the output "${name}" ${mergesBatch([sizesOf(value)])}`);
      return [name, plain];
    }),
  );
}

interface Building extends ImportOptions {
  readonly opset: number;
  readonly refusals: Refusal[];
  /** The numbers of the initialisers that became nodes, for operators that need constants. */
  readonly numbers: Map<Node, Known>;
  /** A counter that makes the names of constants unique. */
  readonly names: { count: number };
}

/**
 * Adds the values of a graph to `values`. Skips nodes that depend on a refused node. `prefix` distinguishes the names
 * of initialisers in subgraphs.
 */
function buildGraph(graph: ModelGraph, values: Map<string, Stored>, building: Building, prefix = ""): void {
  for (const [name, data] of graph.initialisers) {
    const value = building.initialiser(prefix + name, data);
    values.set(name, value);
    if (!isKnown(value)) building.numbers.set(value, knownTensor(data));
  }
  const missing = new Set<string>();
  for (const node of graph.nodes) {
    const operator = operatorOf(node.domain, node.operator);
    const isBlocked = readBy(node).some((name) => missing.has(name));
    const results = operator && !isBlocked ? builtNode(operator, node, values, building) : undefined;
    if (results) building.built?.(node, results);
    if (operator === undefined)
      building.refusals.push({
        node: node.name,
        operator: node.domain === "" ? node.operator : `${node.domain}.${node.operator}`,
        reason: "uses an operator that is not supported",
      });
    node.outputs.forEach((name, i) => {
      const value = results?.[i];
      if (value !== undefined) values.set(name, value);
      else if (name !== "") missing.add(name);
      if (results !== undefined && value === undefined && name !== "")
        building.refusals.push({
          node: node.name,
          operator: node.operator,
          reason: `uses output ${i + 1}, which is not supported`,
        });
    });
  }
}

/** Returns the outputs of a node, or undefined if the node is refused. */
function builtNode(
  operator: Operator,
  node: ModelNode,
  values: Map<string, Stored>,
  building: Building,
): readonly Stored[] | undefined {
  const context = contextOf(node, values, building);
  const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
  try {
    const build = () => refusing(context, () => buildWith(operator, context, inputs));
    const results = building.around === undefined ? build() : building.around(node, build);
    for (const value of results) checkShape(context, value);
    return results;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    building.refusals.push({ node: node.name, operator: node.operator, reason: error.message });
    return undefined;
  }
}

/** Refuses a node if its output does not have a valid shape. Invalid attributes can cause such shapes. */
function checkShape(context: OperatorContext, value: Stored): void {
  const shape = isMerged(value) ? value.node.type.shape : shapeOf(value);
  const isValid = shape.every(
    (size) => size === "n" || (Number.isInteger(size) && size >= (isKnown(value) ? 0 : 1) && size < 2 ** 31),
  );
  if (!isValid) context.refuse(`has an output with the invalid shape [${shape.join(", ")}]`);
}

function contextOf(node: ModelNode, values: Map<string, Stored>, building: Building): OperatorContext {
  const { g, opset } = building;
  const refuse = (reason: string): never => {
    throw new Refused(reason);
  };
  const attribute = (name: string): Attribute | undefined => node.attributes.get(name);
  const ofType = <T>(name: string, isType: (value: Attribute) => value is T & Attribute): T | undefined => {
    const value = attribute(name);
    if (value === undefined || isType(value)) return value;
    return refuse(`has the attribute "${name}" with an unexpected type`);
  };
  const number = (name: string, otherwise: number): number => ofType(name, isNumber) ?? otherwise;
  const context: OperatorContext = {
    g,
    opset,
    outputs: node.outputs.length,
    has: (name) => node.attributes.has(name),
    integer: number,
    real: number,
    text: (name, otherwise) => ofType(name, isText) ?? otherwise,
    integers: (name) => ofType(name, isNumbers),
    reals: (name) => ofType(name, isNumbers),
    texts: (name) => ofType(name, isTexts),
    tensor: (name) => ofType(name, isTensor),
    graph: (name) => ofType(name, isGraph),
    outputsOf(graph, given = new Map()) {
      const inner = new Map([...values, ...given]);
      for (const [name, value] of given) shareNumbers(value, values.get(name), building);
      buildGraph(graph, inner, building, `${node.name}/${building.names.count++}/`);
      return graph.outputs.map(
        (name) =>
          plainOrRefused(context, inner.get(name)) ??
          refuse(`has a subgraph whose output "${name}" has no value`),
      );
    },
    value: (name) =>
      plainOrRefused(context, values.get(name)) ?? refuse(`reads "${name}", which has no value`),
    gradients: (y, xs) =>
      building.gradients?.(y, xs) ?? refuse("derives a gradient, which is not supported inside a network"),
    node: (value) => (isKnown(value) ? constantOf(value, node, building, refuse) : value),
    list(value, what) {
      const found = isKnown(value) ? value : building.numbers.get(value);
      return found?.values ?? refuse(`needs a constant ${what}, but it is computed from the data`);
    },
    refuse,
  };
  return context;
}

/** A node in place of a weight has the numbers of the weight. */
function shareNumbers(value: Value, replaced: Stored | undefined, { numbers }: Building): void {
  if (replaced === undefined || isKnown(replaced) || isMerged(replaced) || isKnown(value)) return;
  const known = numbers.get(replaced);
  if (known !== undefined) numbers.set(value, known);
}

/** A known value as a node. */
function constantOf(
  value: Known,
  node: ModelNode,
  { g, names, constant }: Building,
  refuse: (reason: string) => never,
): Node {
  if (
    value.element === "integer" &&
    value.values.some((x) => typeof x === "number" && Math.abs(x) > 2 ** 31 - 1)
  )
    return refuse("computes with an integer of more than 32 bits, which is not supported");
  const uniform = uniformNode(g, value);
  if (uniform === undefined && !value.values.every((x) => typeof x === "number"))
    return refuse("computes with a list that contains the batch size and numbers, which is not supported");
  return uniform ?? positions(g, value) ?? constant(`${node.name}_constant${names.count++}`, value);
}

/** The positions 0, 1, 2, … along the only axis whose size is not 1, as a node; undefined for other values. */
function positions(g: GraphBuilder, { element, shape, values }: Known): Node | undefined {
  const isCount = element === "integer" && values.every((x, i) => x === i);
  const axis = shape.findIndex((size) => size === values.length);
  return isCount && axis >= 0 ? g.iota({ shape, axis }) : undefined;
}

const isNumber = (value: Attribute): value is number => typeof value === "number";
const isText = (value: Attribute): value is string => typeof value === "string";
const isTensor = (value: Attribute): value is TensorData =>
  typeof value === "object" && "values" in value && "element" in value;
const isGraph = (value: Attribute): value is ModelGraph => typeof value === "object" && "nodes" in value;
const isNumbers = (value: Attribute): value is readonly number[] =>
  Array.isArray(value) && value.every((x) => typeof x === "number");
const isTexts = (value: Attribute): value is readonly string[] =>
  Array.isArray(value) && value.every((x) => typeof x === "string");
