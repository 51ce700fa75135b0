/**
 * The graph of an ONNX file as recognisers read it: which values depend on the data, their shapes, the nodes that read
 * them, and the numbers of all other values. The first axis of every input is the batch.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { createBuilder } from "../../compiler/ops/index.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import { collectNodes, leafName, makeGraph, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import type { Dimension, Shape } from "../../compiler/ir/types.ts";
import { readBy } from "../../compiler/library/onnx/cut-model.ts";
import { importGraph, UnsupportedNodes } from "../../compiler/library/onnx/import-graph.ts";
import { InvalidModel } from "../../compiler/library/onnx/invalid-model.ts";
import { shapeOfInput } from "../../compiler/library/onnx/model.ts";
import type { ModelInput, ModelNode, OnnxModel } from "../../compiler/library/onnx/model.ts";
import {
  isKnown,
  isMerged,
  knownTensor,
  shapeOf,
  typeOfElement,
} from "../../compiler/library/onnx/values.ts";
import type { Known, Value } from "../../compiler/library/onnx/values.ts";
import { gradientsOfSum } from "../../compiler/passes/derivatives/gradients-of.ts";
import { evaluateGraph } from "../../compiler/reference/interpret.ts";
import { fuseSoftmax } from "./fuse-softmax.ts";

export interface SourceInput extends ModelInput {
  /** The shape of a row. */
  readonly sizes: readonly number[];
}

export interface SourceGraph {
  readonly inputs: readonly SourceInput[];
  readonly output: string;
  /** The size of the first axis of every input: variable, or a fixed number. */
  readonly rows: Dimension;
  /** The nodes that compute from the data, in order. */
  readonly nodes: readonly ModelNode[];
  isData(name: string): boolean;
  /** The shape. A value whose batch axis is joined with others has the axes that are joined. */
  shape(name: string): Shape;
  /** Whether the batch axis of a value is joined with others, as in [n · heads, time, size]. */
  joinsBatch(name: string): boolean;
  /** The numbers of a value that does not depend on the data or on the number of rows. */
  constant(name: string): Tensor | undefined;
  /** The numbers, for this number of rows, of a value that does not depend on the data. */
  constantFor(name: string, rows: number): Tensor | undefined;
  /** Whether a value is absent, or consists of zeros. */
  isZero(name: string): boolean;
  producer(name: string): ModelNode | undefined;
  readers(name: string): readonly ModelNode[];
  /** The output of the model for `rows` rows of these inputs, computed by the reference interpreter in f64. */
  evaluate(inputs: ReadonlyMap<string, Tensor>, rows: number): Tensor;
}

/**
 * The number of rows is variable. Some exporters compute with it, for example in the heads of attention, which needs a
 * fixed number of rows.
 *
 * @throws InvalidModel if the model has several outputs, or no rows of fixed shape
 */
export function sourceGraph(model: OnnxModel): SourceGraph {
  try {
    return graphFor(model, "n");
  } catch (error) {
    if (!(error instanceof UnsupportedNodes)) throw error;
    try {
      return graphFor(model, fixedRows(model));
    } catch {
      throw error;
    }
  }
}

/** The number of rows in the file, or a number that no other axis of the inputs has. */
function fixedRows({ inputs }: OnnxModel): number {
  const [first] = inputs.flatMap(({ shape: [rows] }) => (typeof rows === "number" ? [rows] : []));
  const sizes = inputs.flatMap(({ shape }) => shape);
  return first ?? [2, 3, 5, 7, 11].find((size) => !sizes.includes(size)) ?? 13;
}

function graphFor(model: OnnxModel, rows: Dimension): SourceGraph {
  const [output, ...others] = model.outputs;
  if (output === undefined || others.length > 0)
    throw new InvalidModel(
      `the model has ${model.outputs.length} outputs, but a spec is imported from one output`,
    );
  const inputs = model.inputs.map(rowsOf);
  const g = createBuilder("f64");
  const given = new Map<string, Tensor>();
  const values = new Map<string, Value>();
  const joined = new Set<string>();
  const leaf = (name: string, element: ModelInput["element"], shape: Shape): Node =>
    g.input({ name, type: { element: typeOfElement(element, "f64"), shape } });
  const stored = (name: string, known: Known): Node => {
    given.set(name, { shape: known.shape, data: Float64Array.from(known.values, Number) });
    return leaf(name, known.element, known.shape);
  };
  for (const { name, element, sizes } of inputs) values.set(name, leaf(name, element, [rows, ...sizes]));
  const nodes: ModelNode[] = [];
  const results = importGraph(model, {
    g,
    inputs: new Map(values),
    initialiser(name, data) {
      const value = data.element === "real" ? stored(name, knownTensor(data)) : knownTensor(data);
      values.set(name, value);
      return value;
    },
    constant: stored,
    gradients: (y, xs) => gradientsOfSum(g, y, xs),
    built(node, outputs) {
      nodes.push(node);
      for (const [i, value] of outputs.entries()) {
        if (isMerged(value) && value.plain === undefined) joined.add(node.outputs[i]);
        values.set(node.outputs[i], isMerged(value) ? (value.plain ?? value.node) : value);
      }
    },
  });
  const dataNodes = nodesOfData([...values.values()], new Set(inputs.map(({ name }) => name)));
  const isData = (name: string): boolean => isNodeIn(dataNodes, values.get(name));
  if (!isData(output)) throw new InvalidModel(`the output "${output}" does not depend on the data`);
  const numbersOf = (name: string, count = 1): Tensor | undefined => {
    const value = values.get(name);
    if (value === undefined || isData(name)) return undefined;
    if (isKnown(value)) return { shape: value.shape, data: Float64Array.from(value.values, Number) };
    return evaluated(value, given, count);
  };
  const shape = (name: string): Shape =>
    shapeOf(values.get(name) ?? knownTensor({ element: "real", shape: [], values: [] }));
  const computing = fuseSoftmax(
    nodes.filter(({ outputs }) => outputs.some(isData)),
    {
      shape,
      numbers: (name) => (name === "" ? undefined : Array.from(numbersOf(name)?.data ?? [])),
      isOutput: (name) => name === output,
    },
  );
  // Nodes that read only the shape of a value do not count.
  const readers = groupReaders(computing);
  const producers = new Map(
    [...nodes, ...computing].flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  return {
    inputs,
    output,
    rows,
    nodes: computing,
    isData,
    shape,
    joinsBatch: (name) => joined.has(name),
    constant: (name) => (hasRows(values.get(name)) ? undefined : numbersOf(name)),
    constantFor: numbersOf,
    isZero: (name) => name === "" || (numbersOf(name)?.data.every((x) => x === 0) ?? false),
    producer: (name) => producers.get(name),
    readers: (name) => readers.get(name) ?? [],
    evaluate(own, count) {
      const value = results.get(output);
      invariant(value !== undefined && !isKnown(value), "the output depends on the data");
      return evaluated(value, new Map([...given, ...own]), count);
    },
  };
}

/** The largest number of elements that the interpreter computes, which take 1 GiB. */
const mostElements = 2 ** 27;

/**
 * The value of a node, computed by the reference interpreter.
 * @throws InvalidModel if the values of all nodes would take too much memory
 */
export function evaluated(node: Node, given: ReadonlyMap<string, Tensor>, rows: number): Tensor {
  const graph = makeGraph("value", [{ storage: "value", node }]);
  const count = graph.nodes.reduce((sum, { type: { shape } }) => sum + sizeOf(shape, rows), 0);
  if (count > mostElements)
    throw new InvalidModel(`the model computes ${count} numbers; the limit of the import is ${mostElements}`);
  const value = evaluateGraph(graph, given, rows).get(node);
  invariant(value !== undefined, "the graph contains its output");
  return value;
}

function rowsOf(input: ModelInput): SourceInput {
  const [, ...sizes] = shapeOfInput(input);
  if (input.shape.length === 0 || sizes.includes("n"))
    throw new InvalidModel(`the input "${input.name}" has no axis for the batch`);
  return { ...input, sizes: sizes.map(Number) };
}

const isNodeIn = (nodes: ReadonlySet<Node>, value: Value | undefined): boolean =>
  value !== undefined && !isKnown(value) && nodes.has(value);

/** Whether a value is a list of sizes with the batch size, or a tensor with an axis for the rows. */
const hasRows = (value: Value | undefined): boolean =>
  value !== undefined &&
  (isKnown(value) ? !value.values.every((size) => typeof size === "number") : value.type.shape.includes("n"));

/** All nodes that depend on the inputs with these names. */
function nodesOfData(values: readonly Value[], inputs: ReadonlySet<string>): ReadonlySet<Node> {
  const roots = values.flatMap((node) => (isKnown(node) ? [] : [{ storage: "value", node }]));
  const found = new Set<Node>();
  for (const node of collectNodes(roots))
    if (inputs.has(leafName(node) ?? "") || operandsOf(node).some((operand) => found.has(operand)))
      found.add(node);
  return found;
}

function groupReaders(nodes: readonly ModelNode[]): ReadonlyMap<string, readonly ModelNode[]> {
  const readers = new Map<string, ModelNode[]>();
  for (const node of nodes)
    for (const name of new Set(readBy(node))) readers.set(name, [...(readers.get(name) ?? []), node]);
  return readers;
}
