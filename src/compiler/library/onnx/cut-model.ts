/**
 * Cuts a model at named values: the nodes on which one value depends, up to the value at which the cut begins. The
 * rest of the file is not built, so it may contain operators that are not supported.
 */
import { InvalidModel } from "./invalid-model.ts";
import type { ModelGraph, ModelInput, ModelNode, OnnxModel } from "./model.ts";

/** Names of values. By default, the cut begins at the input of the model and ends at its output. */
export interface CutPoints {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

/** The part of a model that computes one value from one other value. */
export interface CutModel extends OnnxModel {
  /** The value at which the cut begins. Its element type and shape are known if it is an input of the model. */
  readonly input: Pick<ModelInput, "name"> & Partial<ModelInput>;
  /** Inputs of the model of which the part reads only the shape, such as the number of rows. */
  readonly sizes: readonly ModelInput[];
  readonly output: string;
}

/** The names of all values that a cut can name: inputs, and outputs of nodes. */
export const valueNames = ({ inputs, nodes }: ModelGraph): readonly string[] => [
  ...inputs.map(({ name }) => name),
  ...nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== "")),
];

/** The value of this name, or the first output of the node of this name; undefined if there is neither. */
export function valueNamed(model: ModelGraph, name: string): string | undefined {
  if (valueNames(model).includes(name)) return name;
  return model.nodes.find((node) => node.name === name)?.outputs[0];
}

/** @throws InvalidModel if the value at the end depends on values other than the one at the start. */
export function cutModel(model: OnnxModel, { from, until }: CutPoints): CutModel {
  const output = until ?? onlyOutput(model);
  const needed = new Set([output]);
  const nodes: ModelNode[] = [];
  for (const node of model.nodes.toReversed()) {
    if (!node.outputs.some((name) => name !== from && needed.has(name))) continue;
    for (const name of readBy(node)) needed.add(name);
    nodes.push(node);
  }
  nodes.reverse();
  const inputs = model.inputs.filter(({ name }) => needed.has(name));
  const isSize = ({ name }: ModelInput): boolean =>
    name !== from && nodes.every((node) => isShapeOf(node, name) || !readBy(node).includes(name));
  const sizes = from === undefined ? [] : inputs.filter(isSize);
  const read = inputs.filter((each) => !sizes.includes(each));
  const input = from === undefined ? onlyInput(read, output) : cutInput(from, read, output, needed);
  const initialisers = new Map([...model.initialisers].filter(([name]) => needed.has(name)));
  return { opset: model.opset, nodes, initialisers, inputs, outputs: [output], input, sizes, output };
}

const isShapeOf = ({ domain, operator, inputs }: ModelNode, name: string): boolean =>
  domain === "" && operator === "Shape" && inputs[0] === name;

function onlyOutput({ outputs }: OnnxModel): string {
  if (outputs.length === 1) return outputs[0];
  throw new InvalidModel(
    outputs.length === 0
      ? "the file has no output"
      : `the file has ${outputs.length} outputs (${outputs.join(", ")}), and a layer has one: name it with "until"`,
  );
}

function onlyInput(inputs: readonly ModelInput[], output: string): ModelInput {
  if (inputs.length === 1) return inputs[0];
  throw new InvalidModel(
    inputs.length === 0
      ? `the value "${output}" does not depend on an input of the file`
      : `the value "${output}" depends on ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}), ` +
          "and a layer reads one",
  );
}

function cutInput(
  from: string,
  inputs: readonly ModelInput[],
  output: string,
  needed: ReadonlySet<string>,
): CutModel["input"] {
  if (!needed.has(from))
    throw new InvalidModel(`the value "${output}" does not depend on the value "${from}"`);
  const other = inputs.find(({ name }) => name !== from);
  if (other !== undefined)
    throw new InvalidModel(
      `the value "${output}" depends on the input "${other.name}" also without the value "${from}", so the file ` +
        "cannot be cut there",
    );
  return inputs.find(({ name }) => name === from) ?? { name: from };
}

/** The values that a node reads, also those that its subgraphs read from the enclosing graph. */
export function readBy(node: ModelNode): readonly string[] {
  const captured = [...node.attributes.values()].flatMap((value) =>
    typeof value === "object" && "nodes" in value ? capturedBy(value) : [],
  );
  return [...node.inputs, ...captured].filter((name) => name !== "");
}

/** The values of enclosing graphs that a subgraph reads. */
export function capturedBy(graph: ModelGraph): readonly string[] {
  const own = new Set([...graph.initialisers.keys(), ...valueNames(graph)]);
  return [...graph.nodes.flatMap(readBy), ...graph.outputs].filter((name) => !own.has(name));
}
