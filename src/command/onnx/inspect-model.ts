/**
 * `tapeless inspect MODEL.onnx`: lists the nodes of an ONNX model with the shapes of their outputs and their
 * parameters. If tapeless does not support some nodes, lists those nodes instead.
 */
import type { Shape } from "../../compiler/ir/types.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import { importGraph } from "../../compiler/library/onnx/import-graph.ts";
import { shapeOfInput } from "../../compiler/library/onnx/model.ts";
import type { OnnxModel } from "../../compiler/library/onnx/model.ts";
import { isKnown, knownTensor, shapeOf, sizesOf, typeOfElement } from "../../compiler/library/onnx/values.ts";
import type { Size, Value } from "../../compiler/library/onnx/values.ts";
import { createBuilder } from "../../compiler/ops/index.ts";
import { gradientsOfSum } from "../../compiler/passes/derivatives/gradients-of.ts";
import { countText } from "../../compiler/util/number-text.ts";
import { onModel, openModel } from "./model-diagnostics.ts";

/** A node of the model that computes values from data. Nodes that only compute shapes are omitted. */
interface NodeRow {
  readonly name: string;
  readonly operator: string;
  readonly output: readonly Size[];
  readonly parameters: readonly ParameterRow[];
}

interface ParameterRow {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ModelSummary {
  readonly opset: number;
  readonly inputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly outputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly nodes: readonly NodeRow[];
  /** The number of elements in all initialisers of real numbers. */
  readonly parameters: number;
}

/** @throws DiagnosticError with every node that is not supported, or if the file is not a valid model */
export async function inspectModel(file: string): Promise<ModelSummary> {
  const { model } = await openModel(file);
  return onModel(file, () => summaryOf(model));
}

function summaryOf(model: OnnxModel): ModelSummary {
  const g = createBuilder("f32");
  const inputs = model.inputs.map((input) => ({ ...input, shape: shapeOfInput(input) }));
  const leaf = (name: string, element: (typeof inputs)[number]["element"], shape: Shape) =>
    g.input({ name, type: { element: typeOfElement(element, "f32"), shape } });
  const nodes: NodeRow[] = [];
  const results = importGraph(model, {
    g,
    inputs: new Map(
      inputs.map(({ name, element, shape }): [string, Value] => [name, leaf(name, element, shape)]),
    ),
    initialiser: (name, data) =>
      data.element === "real" ? leaf(name, "real", data.shape) : knownTensor(data),
    constant: (name, { element, shape }) => leaf(name, element, shape),
    gradients: (y, xs) => gradientsOfSum(g, y, xs),
    built(node, [output]) {
      if (output === undefined || isKnown(output)) return;
      const parameters = node.inputs.flatMap((name): ParameterRow[] => {
        const data = model.initialisers.get(name);
        return data?.element === "real" ? [{ name, shape: data.shape }] : [];
      });
      nodes.push({ name: node.name, operator: node.operator, output: sizesOf(output), parameters });
    },
  });
  const real = [...model.initialisers.values()].filter(({ element }) => element === "real");
  return {
    opset: model.opset,
    inputs: inputs.map(({ name, shape }) => ({ name, shape })),
    outputs: [...results].map(([name, value]) => ({ name, shape: shapeOf(value) })),
    nodes,
    parameters: real.reduce((sum, { shape }) => sum + sizeOf(shape, 1), 0),
  };
}

const shapeText = (shape: readonly Size[]): string => `[${shape.join(", ")}]`;

/** Formats the summary: a line for each input and output, and a table of the nodes. */
export function modelText(file: string, { opset, inputs, outputs, nodes, parameters }: ModelSummary): string {
  const rows = [
    ["node", "operator", "output", "parameters"],
    ...nodes.map(({ name, operator, output, parameters: own }) => [
      name,
      operator,
      shapeText(output),
      own.map((parameter) => `${parameter.name} ${shapeText(parameter.shape)}`).join(", "),
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd(),
  );
  return [
    `${file}: ${nodes.length} nodes, ${countText(parameters)} parameters, opset ${opset}`,
    "",
    ...inputs.map(({ name, shape }) => `input   ${name} ${shapeText(shape)}`),
    ...outputs.map(({ name, shape }) => `output  ${name} ${shapeText(shape)}`),
    "",
    ...table,
    "",
  ].join("\n");
}
