/**
 * Builds the graph of a model: every node of the file becomes the nodes that its operator builds. Nodes that are not
 * supported are reported together, so that one attempt shows all that a model needs.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { InvalidModel } from "./invalid-model.ts";
import type { Attribute, ModelGraph, ModelNode, OnnxModel } from "./model-file.ts";
import { refusing, uniformNode } from "./operator.ts";
import type { OperatorContext } from "./operator.ts";
import { operatorOf } from "./operators/index.ts";
import type { TensorData } from "./tensor-data.ts";
import { isKnown } from "./values.ts";
import type { Known, Value } from "./values.ts";

export interface ImportOptions {
  readonly g: GraphBuilder;
  /** The values of the inputs, by name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** The value of an initialiser. */
  initialiser(name: string, data: TensorData): Value;
  /** A leaf of the graph for a constant that is not the same number everywhere. `name` is unique. */
  constant(name: string, value: Known): Node;
  /** The gradients of the sum of y with respect to nodes from which it is computed, for the operator Gradient. */
  gradients(y: Node, xs: readonly Node[]): readonly Node[];
  /** Called with every node of the model that is built, and the values of its outputs. */
  built?(node: ModelNode, outputs: readonly Value[]): void;
}

/** A node that cannot be built, and why. */
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

/** Ends the build of one node. */
class Refused extends Error {}

/**
 * The values of the model's outputs, by name.
 * @throws UnsupportedNodes with every node that cannot be built.
 */
export function importGraph(model: OnnxModel, options: ImportOptions): ReadonlyMap<string, Value> {
  const refusals: Refusal[] = [];
  const values = new Map<string, Value>(options.inputs);
  buildGraph(model, values, { ...options, opset: model.opset, refusals });
  if (refusals.length > 0) throw new UnsupportedNodes(refusals);
  return new Map(
    model.outputs.map((name) => {
      const value = values.get(name);
      if (value === undefined) throw new InvalidModel(`the output "${name}" has no value`);
      return [name, value];
    }),
  );
}

interface Building extends ImportOptions {
  readonly opset: number;
  readonly refusals: Refusal[];
}

/** Adds the values of a graph to `values`. A node that depends on a refused node is skipped. */
function buildGraph(graph: ModelGraph, values: Map<string, Value>, building: Building): void {
  for (const [name, data] of graph.initialisers) values.set(name, building.initialiser(name, data));
  const missing = new Set<string>();
  for (const node of graph.nodes) {
    const operator = operatorOf(node.domain, node.operator);
    const isBlocked = node.inputs.some((name) => missing.has(name));
    const results = operator && !isBlocked ? builtNode(operator, node, values, building) : undefined;
    if (results) building.built?.(node, results);
    if (operator === undefined)
      building.refusals.push({
        node: node.name,
        operator: node.domain === "" ? node.operator : `${node.domain}.${node.operator}`,
        reason: "is an operator that is not supported",
      });
    node.outputs.forEach((name, i) => {
      const value = results?.[i];
      if (value !== undefined) values.set(name, value);
      else if (name !== "") missing.add(name);
    });
  }
}

/** The outputs of a node, or undefined if it is refused. */
function builtNode(
  operator: { build(context: OperatorContext, inputs: readonly (Value | undefined)[]): readonly Value[] },
  node: ModelNode,
  values: Map<string, Value>,
  building: Building,
): readonly Value[] | undefined {
  const context = contextOf(node, values, building);
  const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
  try {
    return refusing(context, () => operator.build(context, inputs));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    building.refusals.push({ node: node.name, operator: node.operator, reason: error.message });
    return undefined;
  }
}

function contextOf(node: ModelNode, values: Map<string, Value>, building: Building): OperatorContext {
  const { g, opset } = building;
  const refuse = (reason: string): never => {
    throw new Refused(reason);
  };
  const attribute = (name: string): Attribute | undefined => node.attributes.get(name);
  const numbers = (name: string): readonly number[] | undefined => {
    const value = attribute(name);
    return isNumbers(value) ? value : undefined;
  };
  const number = (name: string, otherwise: number): number => {
    const value = attribute(name);
    return typeof value === "number" ? value : otherwise;
  };
  let constants = 0;
  return {
    g,
    opset,
    outputs: node.outputs.filter((name) => name !== "").length,
    has: (name) => node.attributes.has(name),
    integer: number,
    real: number,
    text: (name, otherwise) => {
      const value = attribute(name);
      return typeof value === "string" ? value : otherwise;
    },
    integers: numbers,
    reals: numbers,
    texts: (name) => {
      const value = attribute(name);
      return isTexts(value) ? value : undefined;
    },
    tensor: (name) => {
      const value = attribute(name);
      return isTensor(value) ? value : undefined;
    },
    graph: (name) => {
      const value = attribute(name);
      return isGraph(value) ? value : undefined;
    },
    outputsOf(graph) {
      const inner = new Map(values);
      buildGraph(graph, inner, building);
      return graph.outputs.map(
        (name) => inner.get(name) ?? refuse(`has a branch without the value "${name}"`),
      );
    },
    value: (name) => values.get(name) ?? refuse(`reads "${name}", which has no value`),
    gradients: (y, xs) => building.gradients(y, xs),
    node: (value) =>
      isKnown(value)
        ? (uniformNode(g, value) ?? building.constant(`${node.name}_constant${constants++}`, value))
        : value,
    list: (value, what) =>
      isKnown(value) ? value.values : refuse(`needs a constant ${what}, but it is computed from the data`),
    refuse,
  };
}

const isTensor = (value: Attribute | undefined): value is TensorData =>
  typeof value === "object" && "values" in value && "element" in value;
const isGraph = (value: Attribute | undefined): value is ModelGraph =>
  typeof value === "object" && "nodes" in value;
const isNumbers = (value: Attribute | undefined): value is readonly number[] =>
  Array.isArray(value) && value.every((x) => typeof x === "number");
const isTexts = (value: Attribute | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((x) => typeof x === "string");
