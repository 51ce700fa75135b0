/**
 * The layers of a model with their output shapes, parameters and costs. The head of emitted files, `inspect`
 * and the report print this table.
 */
import type { Shape } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import type { LoopProgram } from "../loop/types.ts";
import type { ModelGraphs } from "../spec/build.ts";
import type { Layer, Model } from "../spec/types.ts";
import { countText } from "../util/number-text.ts";

/** A layer, with its FLOPs for a full batch, as counted in the kernels of a step and of a prediction. */
export interface LayerRow {
  readonly layer: Layer;
  /** The output shape with the batch axis; undefined if no step computes the layer. */
  readonly output: Shape | undefined;
  readonly parameters: readonly LayerParameter[];
  readonly forwardFlops: number;
  readonly backwardFlops: number;
  readonly predictionFlops: number;
}

export interface LayerParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  /** Statistics and the parameters of frozen layers are not trainable. */
  readonly trainable: boolean;
}

/** Whether the layer has parameters that training does not change because the spec says so. */
export const isFrozen = ({ trainable }: Layer): boolean => trainable !== true;

/** The rows in the order of the spec. `lowered` are the programs of the model after lowering. */
export function layerTable(model: Model, built: ModelGraphs, lowered: readonly LoopProgram[]): LayerRow[] {
  const shapes = shapesOf(model, built);
  const flops = flopsOf(lowered, "gradient");
  const predicting = flopsOf(lowered, "predict");
  return model.network.map((layer) => ({
    layer,
    output: shapes.get(layer.name),
    parameters: built.parameters
      .filter((parameter) => parameter.layer === layer.name)
      .map(({ name, shape, trainable }) => ({ name, shape, count: sizeOf(shape, 1), trainable })),
    forwardFlops: flops.get(layer.name)?.forward ?? 0,
    backwardFlops: flops.get(layer.name)?.backward ?? 0,
    predictionFlops: predicting.get(layer.name)?.forward ?? 0,
  }));
}

/** The total size of these parameters. */
export const parameterCount = (parameters: readonly LayerParameter[]): number =>
  parameters.reduce((sum, { count }) => sum + count, 0);

/** The FLOPs of a layer to predict one row. */
export const flopsPerRow = ({ predictionFlops }: LayerRow, { training }: Pick<Model, "training">): number =>
  Math.round(predictionFlops / training.batchSize);

/** The output shape of each layer. A layer that adds no node has the shape of its input. */
function shapesOf({ network }: Model, { training }: ModelGraphs): ReadonlyMap<string, Shape> {
  const shapes = new Map(
    training.nodes.flatMap(({ name, type }): [string, Shape][] =>
      name === undefined ? [] : [[name, type.shape]],
    ),
  );
  const shapeOf = ({ name, from }: Layer) => shapes.get(name) ?? shapes.get(from[0]);
  for (const layer of network) {
    const shape = shapeOf(layer);
    if (shape !== undefined) shapes.set(layer.name, shape);
  }
  return shapes;
}

interface LayerFlops {
  readonly forward: number;
  readonly backward: number;
}

/**
 * The FLOPs of each layer for one run of the program with a full batch. A backward node is counted for the
 * layer of the forward node that it differentiates. A forward node that the backward pass recomputes is part of the
 * backward pass.
 */
function flopsOf(lowered: readonly LoopProgram[], program: string): ReadonlyMap<string, LayerFlops> {
  const sums = new Map<string, LayerFlops>();
  const kernels = lowered.filter(({ name }) => name === program).flatMap((each) => each.kernels);
  for (const { gradientOf, flopsByLayer } of kernels.flatMap(({ provenance }) => provenance))
    for (const [layer, flops] of flopsByLayer) {
      if (layer === undefined) continue;
      const { forward, backward } = sums.get(layer) ?? { forward: 0, backward: 0 };
      const isForward = gradientOf === undefined;
      sums.set(
        layer,
        isForward ? { forward: forward + flops, backward } : { forward, backward: backward + flops },
      );
    }
  return sums;
}

// The table as text: a line per layer, or several if it has many parameters.

/** The number of columns with text; the others contain numbers. */
const textColumns = 4;

/**
 * A line per layer, and one for the total. Costs are FLOPs of a prediction, per sample. If `bytesOfNumber` is
 * given, the table has a column with the size of the parameters in bytes.
 */
export const layerLines = (model: Model, rows: readonly LayerRow[], bytesOfNumber?: number): string[] =>
  aligned(layerCells(model, rows, bytesOfNumber));

/** The cells of {@link layerLines}: the head, the lines of the layers, and the total. */
export function layerCells(model: Model, rows: readonly LayerRow[], bytesOfNumber?: number): string[][] {
  const hasBytes = bytesOfNumber !== undefined;
  const numbers = (count: number, flops: number): string[] =>
    [count, ...(hasBytes ? [count * bytesOfNumber] : []), flops].map(countText);
  return [
    [
      "layer",
      "type",
      "output",
      "parameters",
      "count",
      ...(hasBytes ? ["bytes"] : []),
      "FLOPs per prediction",
    ],
    ...rows.flatMap((row) => {
      const { layer, output, parameters } = row;
      const cells = numbers(parameterCount(parameters), flopsPerRow(row, model));
      const texts = parameters.map(
        ({ name, shape }) => `${name.slice(layer.name.length + 1)} ${shapeText(shape)}`,
      );
      return chunks(texts).map((part, i) =>
        i === 0
          ? [layer.name, layer.type, shapeText(output?.slice(1)), part, ...cells]
          : ["", "", "", part, ...cells.map(() => "")],
      );
    }),
    [
      "total",
      "",
      "",
      "",
      ...numbers(
        parameterCount(rows.flatMap(({ parameters }) => parameters)),
        rows.reduce((sum, row) => sum + flopsPerRow(row, model), 0),
      ),
    ],
  ];
}

/** Joins the parameters of a layer into lines, with a few parameters per line. */
function chunks(parameters: readonly string[]): string[] {
  const lines: string[] = [];
  for (const text of parameters) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length < 44) lines[lines.length - 1] = `${last}, ${text}`;
    else lines.push(text);
  }
  return lines.length === 0 ? [""] : lines;
}

const shapeText = (shape: Shape = []): string => `[${shape.join(", ")}]`;

/** Aligns columns of text to the left and columns of numbers to the right. */
function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table.map((row) =>
    row
      .map((cell, column) =>
        column < textColumns ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join("  ")
      .trimEnd(),
  );
}
